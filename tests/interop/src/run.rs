//! One run: all servers side by side, then all clients side by side; scenario by scenario with each.

use crate::client::{SCENARIOS, Scenario};
use crate::foreign::{self, CLIENTS, Client};
use crate::oddity::{self, HowOften};
use crate::options::Options;
use crate::script::Scripts;
use crate::server::{SERVERS, Scale, Server, Target};
use crate::table::{Peer, Table};
use crate::verdict::{Check, Fault, Verdict};
use crate::watch::Watch;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// No scenario takes longer.
const LIMIT: Duration = Duration::from_secs(120);
/// So many peers are busy at once.
const PEERS_AT_ONCE: usize = 3;

/// Whether TLS is built in.
const TLS: bool = cfg!(feature = "tls");
const NO_TLS: &str = "built without the feature tls";

/// The results with one peer.
struct Results {
    peer: Peer,
    cells: Vec<(&'static str, Verdict)>,
}

impl Results {
    fn new(name: &'static str, title: &str, is_server: bool) -> Self {
        Self { peer: Peer { name, title: title.to_owned(), is_server }, cells: Vec::new() }
    }

    /// None of these was played, and why.
    fn skipped(mut self, scenarios: impl Iterator<Item = &'static str>, why: &str) -> Self {
        eprintln!("SKIPPED {}: {why}", self.peer.name);
        self.cells.extend(scenarios.map(|scenario| (scenario, Verdict::Skipped(why.to_owned()))));
        self
    }

    /// Plays one scenario, and once more if it fails and that is asked for.
    async fn play<F>(&mut self, scenario: &'static str, options: &Options, play: impl Fn() -> F)
    where
        F: Future<Output = Check>,
    {
        let (peer, started) = (self.peer.name, Instant::now());
        let verdict = if options.time_is_up() {
            eprintln!("SKIPPED {peer} {scenario}: the time is up");
            Verdict::OutOfTime
        } else {
            let is_late = || options.time_is_up();
            match in_good_mood(peer, scenario, &play, is_late).await {
                Verdict::Failed(why) if options.second_try && !is_late() => {
                    eprintln!("{peer} {scenario} FAILED and is played once more: {why}");
                    match in_good_mood(peer, scenario, &play, is_late).await {
                        Verdict::Pass | Verdict::Replayed(_) => Verdict::SecondTry(why),
                        // the first one stands
                        Verdict::OutOfTime => Verdict::Failed(why),
                        other => other,
                    }
                }
                verdict => verdict,
            }
        };
        println!("{peer:13} {scenario:20} {verdict} ({:.1} s)", started.elapsed().as_secs_f64());
        self.cells.push((scenario, verdict));
    }
}

/// So often a scenario is played while the peer is in a mood.
const PLAYS: usize = 5;

/// Plays it; again, while there is time, if what comes is what the peer at times does whatever is played. What comes
/// each time is no mood.
async fn in_good_mood<F>(peer: &str, scenario: &str, play: impl Fn() -> F, is_late: impl Fn() -> bool) -> Verdict
where
    F: Future<Output = Check>,
{
    let mut mood = None;
    for _ in 0..PLAYS {
        if let Some(why) = mood {
            if is_late() {
                return Verdict::OutOfTime;
            }
            println!("{peer:13} {scenario:20} is played again: {why}");
        }
        match (judge(peer, scenario, play().await), mood) {
            (Verdict::Refused(why), _) if oddity::is_mood(peer, why) => mood = Some(why),
            (Verdict::Pass, Some(why)) => return Verdict::Replayed(why),
            (verdict, _) => return verdict,
        }
    }
    Verdict::Failed(format!("at each of {PLAYS} plays: {}", mood.unwrap_or_default()))
}

/// What there is to be run.
pub(crate) fn list() {
    for server in SERVERS {
        println!("server   {:13} {}", server.name, server.title);
    }
    for client in CLIENTS {
        println!("client   {:13} {}: {}", client.name, client.title, client.scenarios);
    }
    for scenario in SCENARIOS {
        println!("scenario {}", scenario.name);
    }
}

/// All results.
pub(crate) async fn run(options: Options) -> Result<Table, Fault> {
    let scripts = Scripts::new(&options.state)?;
    let mut table = Table::new(options.scale);
    let options = Arc::new(options);
    let servers = SERVERS.iter().filter(|server| options.wants_peer(server.name, server.quick));
    let servers = servers.map(|server| with_server(server, scripts.clone(), Arc::clone(&options)));
    side_by_side(servers, &mut table).await?;
    // after the servers, since some share what is installed
    let clients = CLIENTS.iter().filter(|client| options.wants_peer(client.name, client.quick));
    let clients = clients.map(|client| with_client(client, scripts.clone(), Arc::clone(&options)));
    side_by_side(clients, &mut table).await?;
    table.print_summary();
    if let Some(file) = &options.write {
        std::fs::write(file, table.to_string())?;
        println!("written to {}", file.display());
    }
    Ok(table)
}

async fn side_by_side<F>(peers: impl Iterator<Item = F>, table: &mut Table) -> Result<(), Fault>
where
    F: Future<Output = Result<Results, Fault>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(PEERS_AT_ONCE));
    let mut running = Vec::new();
    for peer in peers {
        let places = Arc::clone(&places);
        running.push(tokio::spawn(async move {
            let _place = places.acquire_owned().await?;
            peer.await
        }));
    }
    for peer in running {
        let results = peer.await??;
        for (scenario, verdict) in results.cells {
            table.enter(&results.peer, scenario, verdict);
        }
    }
    Ok(())
}

async fn with_server(server: &'static Server, scripts: Scripts, options: Arc<Options>) -> Result<Results, Fault> {
    let mut results = Results::new(server.name, server.title, true);
    let wanted = wanted(&options, server);
    if wanted.is_empty() {
        return Ok(results);
    }
    println!("=== our client, {}", server.title);
    let mut target = Target { server, scripts, scale: options.scale, watch: Watch::Nothing };
    if let Err(fault) = target.start().await {
        let why = format!("it does not start here: {fault}");
        return Ok(results.skipped(wanted.iter().map(|scenario| scenario.name), &why));
    }
    if let Some(version) = target.version().await {
        results.peer.title.push_str(&format!("; it says {version}"));
    }
    for scenario in wanted {
        if !TLS && ["tls", "sasl-external"].contains(&scenario.name) {
            results = results.skipped([scenario.name].into_iter(), NO_TLS);
            continue;
        }
        target.watch = options.watch("ours", server.name, scenario.name)?;
        results.play(scenario.name, &options, || play(scenario, &target)).await;
    }
    target.stop().await?;
    Ok(results)
}

async fn with_client(client: &'static Client, scripts: Scripts, options: Arc<Options>) -> Result<Results, Fault> {
    let mut results = Results::new(client.name, client.title, false);
    let scale = if options.scenarios.is_empty() { options.scale } else { Scale::Whole };
    let is_told = |name: &str| scale == Scale::Whole && options.wants_scenario(name);
    let cannot = foreign::cannot(client.name).filter(|(name, _)| is_told(name));
    results.cells.extend(cannot.map(|(name, why)| (name, Verdict::Cannot(why))));
    let wanted: Vec<&str> = client.scenarios(scale).filter(|name| options.wants_scenario(name)).collect();
    if wanted.is_empty() {
        return Ok(results);
    }
    println!("=== {}, our listener", client.title);
    let for_install = scripts.clone();
    if let Err(fault) = tokio::task::spawn_blocking(move || client.install(&for_install)).await? {
        return Ok(results.skipped(wanted.into_iter(), &format!("it cannot be installed here: {fault}")));
    }
    for scenario in wanted {
        if !TLS && foreign::needs_tls(client, scenario) {
            results = results.skipped([scenario].into_iter(), NO_TLS);
            continue;
        }
        let watch = options.watch(client.name, "ours", scenario)?;
        results.play(scenario, &options, || foreign::play(client, scenario, &scripts, watch.clone())).await;
    }
    Ok(results)
}

fn wanted(options: &Options, server: &Server) -> Vec<&'static Scenario> {
    let by_name = !options.scenarios.is_empty();
    SCENARIOS
        .iter()
        .filter(|it| it.kinds.is_empty() || it.kinds.contains(&server.kind))
        .filter(|it| options.wants_scenario(it.name))
        .filter(|it| options.scale == Scale::Whole || it.scale == Scale::Quick || by_name)
        .collect()
}

async fn play(scenario: &Scenario, target: &Target) -> Check {
    // a task of its own: a panic in it is a failure of this scenario only
    let mut playing = tokio::spawn((scenario.play)(target.clone()));
    match tokio::time::timeout(LIMIT, &mut playing).await {
        Ok(played) => played.map_err(|panic| format!("panicked: {panic}"))?,
        Err(_) => {
            playing.abort();
            Err(format!("not done after {} s", LIMIT.as_secs()).into())
        }
    }
}

/// What a result means, given what is known of the peer.
fn judge(peer: &str, scenario: &str, result: Check) -> Verdict {
    let mut rows = oddity::of(peer, scenario);
    match result {
        Ok(()) => match rows.find(|odd| odd.how_often == HowOften::Always) {
            Some(odd) => Verdict::Failed(format!("passed, and the table of oddities says: {}", odd.why)),
            None => Verdict::Pass,
        },
        Err(fault) => {
            let text = fault.to_string();
            match rows.find(|odd| text.contains(odd.says)) {
                Some(odd) => Verdict::Refused(odd.why),
                None => Verdict::Failed(text),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PLAYS, in_good_mood};
    use crate::verdict::Verdict;
    use std::cell::Cell;

    /// What comes of it if the peer is in its mood so often first, with time for so many plays; and the plays.
    async fn moody(often: usize, time: usize) -> (Verdict, usize) {
        let plays = Cell::new(0);
        let play = || async {
            plays.set(plays.get() + 1);
            if plays.get() > often { Ok(()) } else { Err("a delivery came without link-credit".into()) }
        };
        let verdict = in_good_mood("amqp10-js", "credit", play, || plays.get() >= time).await;
        (verdict, plays.get())
    }

    #[tokio::test]
    async fn a_mood_passes_or_is_none() {
        assert_eq!(moody(0, 9).await, (Verdict::Pass, 1));
        for often in 1..PLAYS {
            let (verdict, plays) = moody(often, 9).await;
            assert!(matches!(verdict, Verdict::Replayed(_)) && plays == often + 1, "{verdict} after {plays}");
        }
        let (verdict, plays) = moody(PLAYS, 9).await;
        assert!(matches!(verdict, Verdict::Failed(_)) && plays == PLAYS, "{verdict} after {plays}");
    }

    #[tokio::test]
    async fn nothing_is_played_again_when_the_time_is_up() {
        assert_eq!(moody(3, 2).await, (Verdict::OutOfTime, 2));
        assert_eq!(moody(1, 1).await, (Verdict::OutOfTime, 1));
    }
}
