//! How a vector is written.
//!
//! ```text
//! as value                          # what the octets are read as, from here on
//!
//! # req: TY-1.6.5-01
//! 52 01 = uint 1                    # read as this; written as the same octets
//! 70 00000001 = uint 1              # another form …
//! > 52 01                           # … which is written as these octets
//! 52 ! Incomplete in uint at 1      # refused: kind, what was expected, offset; the latter two may be left out
//! ```
//!
//! Octets are hexadecimal digits, in groups as one likes, and text in quotation marks; `*N` repeats a group or text.
//! No octets at all are `""`. They may go on over several lines, and so may what follows `=` and `>`, which is then
//! repeated. Behind `=`, a piece in backticks with `*N` behind it is repeated. A `#` begins a comment, though not behind
//! `=`.

/// Octets, and what they are.
#[derive(Debug)]
pub(crate) struct Vector {
    pub(crate) line: usize,
    pub(crate) kind: String,
    pub(crate) octets: Vec<u8>,
    pub(crate) verdict: Verdict,
}

#[derive(Debug)]
pub(crate) enum Verdict {
    /// Read as this, and written as these octets if not as they came.
    Reads { text: String, writes: Option<Vec<u8>> },
    /// Refused for this reason.
    Refused(String),
}

/// The vectors of a file; or what is wrong with it, with the line before it.
pub(crate) fn vectors(text: &str) -> Result<Vec<Vector>, String> {
    let mut parser = Parser::default();
    for (line, content) in (1..).zip(text.lines()) {
        parser.line(line, content.trim()).map_err(|fault| format!("{line}: {fault}"))?;
    }
    match parser.octets {
        Some((line, _)) => Err(format!("{line}: octets, and nothing said of them")),
        None => Ok(parser.vectors),
    }
}

#[derive(Default)]
struct Parser {
    kind: Option<String>,
    /// Octets of which nothing has been said yet, and the line where they begin.
    octets: Option<(usize, Vec<u8>)>,
    vectors: Vec<Vector>,
}

impl Parser {
    fn line(&mut self, line: usize, content: &str) -> Result<(), String> {
        if let Some(kind) = content.strip_prefix("as ") {
            self.kind = Some(kind.split('#').next().unwrap_or_default().trim().to_owned());
            return Ok(());
        }
        let (octets, rest) = octets(content)?;
        if rest.len() < content.len() {
            self.octets.get_or_insert((line, Vec::new())).1.extend(octets);
        }
        let (mark, said) = rest.split_at_checked(1).unwrap_or_default();
        match mark {
            "" | "#" => Ok(()),
            _ => self.say(mark, said.trim()),
        }
    }

    /// What is said of the octets that wait for it; or, if none do, of the last vector besides.
    fn say(&mut self, mark: &str, said: &str) -> Result<(), String> {
        if let Some((line, octets)) = self.octets.take() {
            let verdict = match mark {
                "=" => Verdict::Reads { text: repeated(said), writes: None },
                "!" => Verdict::Refused(said.split('#').next().unwrap_or_default().trim().to_owned()),
                other => return Err(format!("unexpected {other:?}")),
            };
            let kind = self.kind.clone().ok_or("\"as\" is missing")?;
            self.vectors.push(Vector { line, kind, octets, verdict });
            return Ok(());
        }
        match (mark, self.vectors.last_mut().map(|vector| &mut vector.verdict)) {
            ("=", Some(Verdict::Reads { text, writes: None })) => *text = format!("{text} {}", repeated(said)),
            (">", Some(Verdict::Reads { writes, .. })) => writes.get_or_insert_default().extend(octets(said)?.0),
            _ => return Err("no octets to say this of".into()),
        }
        Ok(())
    }
}

/// The octets at the start of a line, and the rest of it.
fn octets(mut line: &str) -> Result<(Vec<u8>, &str), String> {
    let mut octets = Vec::new();
    loop {
        line = line.trim_start();
        let (mut group, rest) = match line.chars().next() {
            Some('"') => quoted(line)?,
            Some(digit) if digit.is_ascii_hexdigit() => digits(line)?,
            Some('=' | '>' | '!' | '#') | None => return Ok((octets, line)),
            Some(other) => return Err(format!("unexpected {other:?}")),
        };
        line = rest;
        if let Some((times, rest)) = times(rest) {
            group = group.repeat(times);
            line = rest;
        }
        octets.extend(group);
    }
}

/// The number of a `*N`, and what follows it.
fn times(text: &str) -> Option<(usize, &str)> {
    let text = text.strip_prefix('*')?;
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (times, rest) = text.split_at(end);
    Some((times.parse().ok()?, rest))
}

/// The text, with its pieces in backticks as often as it says.
fn repeated(text: &str) -> String {
    let piece = |text: &str| {
        let (before, text) = text.split_once('`')?;
        let (piece, text) = text.split_once('`')?;
        let (times, rest) = times(text).unwrap_or((1, text));
        Some(format!("{before}{}{}", piece.repeat(times), repeated(rest)))
    };
    piece(text).unwrap_or_else(|| text.to_owned())
}

fn quoted(line: &str) -> Result<(Vec<u8>, &str), String> {
    let (text, rest) = line[1..].split_once('"').ok_or("a quotation mark is missing")?;
    Ok((text.as_bytes().to_vec(), rest))
}

fn digits(line: &str) -> Result<(Vec<u8>, &str), String> {
    let end = line.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(line.len());
    let (digits, rest) = line.split_at(end);
    if digits.len() % 2 != 0 {
        return Err(format!("an odd number of digits: {digits}"));
    }
    let octet = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|fault| fault.to_string());
    let octets: Result<Vec<u8>, String> = (0..digits.len()).step_by(2).map(octet).collect();
    Ok((octets?, rest))
}
