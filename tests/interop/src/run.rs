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
            match in_good_mood(peer, scenario, &play).await {
                Verdict::Failed(why) if options.second_try => {
                    eprintln!("{peer} {scenario} FAILED and is played once more: {why}");
                    match in_good_mood(peer, scenario, &play).await {
                        Verdict::Pass => Verdict::SecondTry(why),
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

/// Plays it; again, at most four times, if what comes is what the peer at times does whatever is played.
async fn in_good_mood<F>(peer: &str, scenario: &str, play: impl Fn() -> F) -> Verdict
where
    F: Future<Output = Check>,
{
    let mut verdict = judge(peer, scenario, play().await);
    for _ in 0..4 {
        match verdict {
            Verdict::Refused(why) if oddity::is_mood(peer, why) => {
                println!("{peer:13} {scenario:20} is played again: {why}");
                verdict = judge(peer, scenario, play().await);
            }
            _ => break,
        }
    }
    verdict
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
    let cannot = foreign::cannot(client.name).filter(|(name, _)| scale == Scale::Whole && options.wants_scenario(name));
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
