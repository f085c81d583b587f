//! A city's working day on one server: many people open pages at once, over a database as large as after years.
//!
//! Everything runs in this process: the router on loopback, and clients with kept-alive connections and no pause
//! between requests. Prints a line of JSON for each measure; the peer of every page is `/healthz`, which the same
//! server answers under the same load without asking the database. Pages are read, nothing is sanitised.
//!
//! `SEKISHO_LOAD_TRANSFERS` (200000), `SEKISHO_LOAD_ASSETS` (20000), `SEKISHO_LOAD_PEOPLE` (200 clients) and
//! `SEKISHO_LOAD_SECONDS` (30 for the pages, a third of it for the peer) make it smaller. `SEKISHO_LOAD_TURN` (0 to 6, the arms of
//! `page`) lets everybody ask for one page only, which tells what that page costs. The database is kept in the target folder for the next run.

mod city;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result};
use tokio::{io::BufReader, net::TcpStream};

use city::{SECTIONS_COUNT, Size, clock, enter, get, measure, setting, transfer_id};

/// Turns until a person begins again.
const PAGES: u64 = 7;

fn main() -> Result<()> {
    let size = Size {
        transfers: setting("SEKISHO_LOAD_TRANSFERS", 200_000),
        assets: setting("SEKISHO_LOAD_ASSETS", 20_000).max(SECTIONS_COUNT),
        people: setting("SEKISHO_LOAD_PEOPLE", 200).max(10),
    };
    let seconds = setting("SEKISHO_LOAD_SECONDS", 30).max(3);
    // Any other number than a page's means all pages in turn.
    let only = Some(setting("SEKISHO_LOAD_TURN", PAGES)).filter(|turn| *turn < PAGES);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(size, seconds, only))
}

async fn run(size: Size, seconds: u64, only: Option<u64>) -> Result<()> {
    let (app, _store) = city::open("load", size).await?;
    let (address, server) = city::serve(&app)?;
    let mut clients = Vec::new();
    for n in 0..size.people {
        clients.push(enter(&app, n).await?);
    }
    let pages = load(address, &clients, seconds, move |client, turn| {
        page(size, client, turn, only.unwrap_or(turn % PAGES))
    })
    .await?;
    let peer =
        load(address, &clients, seconds.div_ceil(3), |_, _| ("healthz", "/healthz".to_owned())).await?;
    server.abort();
    report(&pages, &peer)
}

/// The page of a kind that a person opens on this turn, by name and path.
fn page(size: Size, client: u64, turn: u64, kind: u64) -> (&'static str, String) {
    match kind {
        0 => ("home", "/".to_owned()),
        4 => ("register", "/registers/assets".to_owned()),
        5 => ("register search", format!("/registers/assets?words=%E8%A8%98%E9%8C%B2%20{}", turn % 1_000)),
        // One of his own section.
        6 => {
            let each = size.assets / SECTIONS_COUNT;
            let first = (client + SECTIONS_COUNT - 1) % SECTIONS_COUNT * each;
            ("register row", format!("/registers/assets/{}", first + 1 + turn.wrapping_mul(7_919) % each))
        }
        1 => ("transfers", "/transfers".to_owned()),
        // One that he sent himself.
        2 => {
            let mine = (turn.wrapping_mul(7_919) % (size.transfers / size.people)) * size.people + client;
            ("transfer", format!("/transfers/{}", transfer_id(mine)))
        }
        _ if client.is_multiple_of(10) => ("evidence", "/evidence".to_owned()),
        _ => ("received", "/received".to_owned()),
    }
}

/// What a load gave: by page, how long each answer took in milliseconds; and how long it lasted.
struct Load {
    pages: BTreeMap<&'static str, Vec<f64>>,
    seconds: f64,
}

async fn load(
    address: SocketAddr,
    clients: &[String],
    seconds: u64,
    page: impl Fn(u64, u64) -> (&'static str, String) + Clone + Send + 'static,
) -> Result<Load> {
    let begun = clock();
    let mut people = tokio::task::JoinSet::new();
    for (client, cookie) in (0_u64..).zip(clients) {
        let (cookie, page) = (cookie.clone(), page.clone());
        people.spawn(async move {
            let mut stream = BufReader::new(TcpStream::connect(address).await?);
            let mut taken = Vec::new();
            // Each begins with another page, so that not all want the same one at once.
            for turn in client.. {
                if begun.elapsed() > Duration::from_secs(seconds) {
                    break;
                }
                let (name, path) = page(client, turn);
                let asked = clock();
                get(&mut stream, &path, &cookie).await.with_context(|| path.clone())?;
                taken.push((name, asked.elapsed().as_secs_f64() * 1_000.0));
            }
            anyhow::Ok(taken)
        });
    }
    let mut pages = BTreeMap::<_, Vec<f64>>::new();
    while let Some(taken) = people.join_next().await {
        for (name, millis) in taken?? {
            pages.entry(name).or_default().push(millis);
        }
    }
    Ok(Load { pages, seconds: begun.elapsed().as_secs_f64() })
}

fn report(pages: &Load, peer: &Load) -> Result<()> {
    let of = |times: &[f64], part: f64| {
        let mut sorted = times.to_vec();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index of a short list"
        )]
        let index = (sorted.len() as f64 * part) as usize;
        sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    let rate = |load: &Load| load.pages.values().map(Vec::len).sum::<usize>() as f64 / load.seconds;
    let alone = peer.pages.get("healthz").context("the peer was not measured")?;
    for (name, times) in &pages.pages {
        for (part, word) in [(0.5, "p50"), (0.99, "p99")] {
            measure(
                &format!("{name} {word}"),
                of(times, part),
                "ms",
                Some((of(alone, part), &format!("healthz {word}"))),
            )?;
        }
    }
    measure("all pages", rate(pages), "1/s", Some((rate(peer), "healthz rate")))
}
