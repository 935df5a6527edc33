//! One run: peer by peer, scenario by scenario.

use crate::client::{SCENARIOS, Scenario};
use crate::foreign::{self, CLIENTS, Client};
use crate::oddity;
use crate::options::Options;
use crate::script::Scripts;
use crate::server::{SERVERS, Scale, Server, Target};
use crate::table::Table;
use crate::verdict::{Check, Fault, Verdict};
use std::time::{Duration, Instant};

/// No scenario takes longer.
const LIMIT: Duration = Duration::from_secs(120);

/// What there is to be run.
pub(crate) fn list() {
    for server in SERVERS {
        println!("server   {:12} {}", server.name, server.title);
    }
    for client in CLIENTS {
        println!("client   {:12} {}: {}", client.name, client.title, client.scenarios.join(" "));
    }
    for scenario in SCENARIOS {
        println!("scenario {}", scenario.name);
    }
}

/// Says how many failed.
pub(crate) async fn run(options: &Options) -> Result<usize, Fault> {
    let scripts = Scripts::new(&options.state)?;
    let mut table = Table::new(options.scale);
    for server in SERVERS.iter().filter(|server| options.wants_peer(server.name, server.quick)) {
        with_server(server, &scripts, options, &mut table).await?;
    }
    for client in CLIENTS.iter().filter(|client| options.wants_peer(client.name, client.quick)) {
        with_client(client, &scripts, options, &mut table).await?;
    }
    table.print_summary();
    if let Some(file) = &options.write {
        std::fs::write(file, table.to_string())?;
        println!("written to {}", file.display());
    }
    Ok(table.failed())
}

async fn with_server(
    server: &'static Server,
    scripts: &Scripts,
    options: &Options,
    table: &mut Table,
) -> Result<(), Fault> {
    let target = Target { server, scripts: scripts.clone(), scale: options.scale, show_frames: options.frames };
    println!("=== our client, {}", server.title);
    table.add_server(server);
    if let Err(fault) = target.start().await {
        eprintln!("SKIPPED {}: it does not start here: {fault}", server.name);
        for scenario in wanted(options, server) {
            table.enter(server.name, scenario.name, Verdict::Skipped(format!("the peer does not start: {fault}")));
        }
        return Ok(());
    }
    for scenario in wanted(options, server) {
        let started = Instant::now();
        let verdict = judge(server.name, scenario.name, play(scenario, &target).await);
        println!("{:10} {:20} {verdict} ({:.1} s)", server.name, scenario.name, started.elapsed().as_secs_f64());
        table.enter(server.name, scenario.name, verdict);
    }
    target.stop().await
}

async fn with_client(
    client: &'static Client,
    scripts: &Scripts,
    options: &Options,
    table: &mut Table,
) -> Result<(), Fault> {
    println!("=== {}, our listener", client.title);
    table.add_client(client);
    let wanted = client.scenarios.iter().filter(|name| options.wants_scenario(name));
    let for_install = scripts.clone();
    let missing = match client.needs_tls {
        true => Some("it speaks TLS only, which our listener does not yet".into()),
        false => tokio::task::spawn_blocking(move || client.install(&for_install)).await?.err(),
    };
    if let Some(fault) = missing {
        eprintln!("SKIPPED {}: {fault}", client.name);
        for scenario in wanted {
            table.enter(client.name, scenario, Verdict::Skipped(fault.to_string()));
        }
        return Ok(());
    }
    for scenario in wanted {
        let started = Instant::now();
        let played = foreign::play(client, scenario, scripts, options.frames).await;
        let verdict = judge(client.name, scenario, played);
        println!("{:13} {:20} {verdict} ({:.1} s)", client.name, scenario, started.elapsed().as_secs_f64());
        table.enter(client.name, scenario, verdict);
    }
    Ok(())
}

fn wanted(options: &Options, server: &Server) -> impl Iterator<Item = &'static Scenario> {
    let (whole, kind) = (options.scale == Scale::Whole, server.kind);
    let chosen: Vec<_> = SCENARIOS
        .iter()
        .filter(|it| it.kinds.is_empty() || it.kinds.contains(&kind))
        .filter(|it| options.wants_scenario(it.name))
        .filter(|it| whole || it.scale == Scale::Quick || !options.scenarios.is_empty())
        .collect();
    chosen.into_iter()
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
pub(crate) fn judge(peer: &str, scenario: &str, result: Check) -> Verdict {
    match (result, oddity::of(peer, scenario)) {
        (Ok(()), None) => Verdict::Pass,
        (Ok(()), Some(odd)) => Verdict::Failed(format!("passed, and the table of oddities says: {}", odd.why)),
        (Err(fault), Some(odd)) if fault.to_string().contains(odd.says) => Verdict::Refused(odd.why),
        (Err(fault), _) => Verdict::Failed(fault.to_string()),
    }
}
