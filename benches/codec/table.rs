//! Tables of work and programs, in Markdown.

use crate::measure::Program;
use crate::work::Work;

/// Prints the instructions of each program, and how many times ours a peer's are. Returns which work takes more of
/// ours than it may.
pub(crate) fn instructions(works: &[&Work], programs: &[Program]) -> Result<Vec<&'static str>, String> {
    let mut over = Vec::new();
    head("instructions", programs, &["at most"]);
    for work in works {
        let figures = measure(programs, |program| program.instructions(work.name))?;
        row(work.name, &figures, &[work.budget.map_or("–".into(), |budget| number(budget as f64))]);
        if let (Some(Some(ours)), Some(budget)) = (figures.first(), work.budget) {
            if *ours > budget as f64 {
                over.push(work.name);
            }
        }
    }
    Ok(over)
}

/// Prints the nanoseconds of each program, and how many times ours a peer's are.
pub(crate) fn times(works: &[&Work], programs: &[Program]) -> Result<(), String> {
    println!();
    head("nanoseconds", programs, &[]);
    for work in works {
        row(work.name, &measure(programs, |program| program.nanoseconds(work.name))?, &[]);
    }
    Ok(())
}

type Figure = Option<f64>;

fn measure(programs: &[Program], one: impl Fn(&Program) -> Result<Figure, String>) -> Result<Vec<Figure>, String> {
    programs.iter().map(one).collect()
}

fn head(what: &str, programs: &[Program], more: &[&str]) {
    let names = programs.iter().map(|program| program.name.as_str());
    let columns: Vec<&str> = names.chain(more.iter().copied()).collect();
    println!("| {what} | {} |", columns.join(" | "));
    println!("| --- |{}", " ---: |".repeat(columns.len()));
}

/// The first figure is ours.
fn row(name: &str, figures: &[Figure], more: &[String]) {
    let ours = figures.first().copied().flatten().unwrap_or(f64::NAN);
    let cells = figures.iter().enumerate().map(|(index, figure)| match (index, figure) {
        (_, None) => "–".into(),
        (0, Some(ours)) => number(*ours),
        (_, Some(peers)) => format!("{} (× {:.1})", number(*peers), peers / ours),
    });
    let cells: Vec<String> = cells.chain(more.iter().cloned()).collect();
    println!("| {name} | {} |", cells.join(" | "));
}

/// A whole number with commas.
fn number(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
