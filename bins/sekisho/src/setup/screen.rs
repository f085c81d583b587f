//! The screen of the first run: a listener on the loopback address, and the code that opens it.
//!
//! Owns printing address and code, and being the desk of `web::setup`. Ends when everything is written or it is stopped.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use app::{
    first_factor::{FirstFactor, OfferedFactor},
    ports::Clock as _,
};
use async_trait::async_trait;
use axum_server::Handle;
use policy::{
    SourceFile,
    setup::{Answers, BodyPlan},
};
use tokio::sync::Notify;
use web::setup::{Desk, Pass};
use workflow::Millis;

use super::{Ground, UNANSWERED, apply, summary};
use crate::world::{self, SystemClock, SystemEntropy};

/// How long the last page may take to arrive.
const CLOSING: Duration = Duration::from_secs(5);

struct House {
    ground: Ground,
    finished: Notify,
}

#[async_trait]
impl Desk for House {
    fn policies(&self) -> &[SourceFile] {
        &self.ground.policies
    }

    fn kept(&self) -> Result<Answers, String> {
        self.ground.kept().map_err(|e| format!("{e:#}"))
    }

    fn keep(&self, answers: &Answers) -> Result<(), String> {
        self.ground.keep(answers).map_err(|e| format!("{e:#}"))
    }

    fn summary(&self, answers: &Answers, plan: &BodyPlan) -> String {
        summary(answers, plan, &self.ground.folder)
    }

    fn offer(&self) -> OfferedFactor {
        OfferedFactor::draw(&SystemEntropy)
    }

    fn now(&self) -> Millis {
        SystemClock.now()
    }

    async fn finish(
        &self,
        answers: &Answers,
        plan: &BodyPlan,
        password: String,
        factor: FirstFactor,
    ) -> Result<String, String> {
        let proven = apply::Proven { password: Some(password), factor: Some(factor) };
        let made = apply::write(&self.ground, answers, plan, proven).await.map_err(|e| format!("{e:#}"))?;
        if let Err(error) = self.ground.forget() {
            world::complain(&error);
        }
        let words = made.words(&self.ground.folder);
        world::say(&words).map_err(|e| e.to_string())?;
        self.finished.notify_one();
        Ok(words)
    }
}

/// Opens the screen and waits until everything is written.
///
/// # Errors
/// When the port cannot be opened.
pub(crate) async fn run(ground: Ground, port: u16) -> anyhow::Result<ExitCode> {
    // Loopback and nothing else: before there is an administrator nobody else has any business here.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let socket = TcpListener::bind(address)
        .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
        .with_context(|| format!("{address} を開けません。--port で別のポートにしてください"))?;
    let bound = socket.local_addr()?;
    let stop = world::asked_to_stop();
    let pass = Pass { code: code(), secret: hex::encode(world::random_bytes()) };
    world::say(&format!("この機械のブラウザーで開いてください: http://{bound}/setup"))?;
    world::say(&format!("一回限りの合言葉: {}", pass.code))?;
    let house = Arc::new(House { ground, finished: Notify::new() });
    let desk: Arc<dyn Desk> = house.clone();
    let router = web::setup::router(desk, pass, bound.port());
    let handle = Handle::new();
    let server = axum_server::from_tcp(socket)?.handle(handle.clone()).serve(router.into_make_service());
    let ending = async {
        let done = tokio::select! {
            () = house.finished.notified() => true,
            () = stop => false,
        };
        handle.graceful_shutdown(Some(CLOSING));
        done
    };
    let (served, done) = tokio::join!(server, ending);
    served.context("画面の待受けが止まりました")?;
    if done {
        return Ok(ExitCode::SUCCESS);
    }
    world::note("ここまでの答えを残しました。同じ命令で続きから始められます。");
    Ok(ExitCode::from(UNANSWERED))
}

/// Three groups of four that are easy to read out: 60 bits.
fn code() -> String {
    // 32 signs divide 256 evenly, so each is equally likely. No 0 o 1 l.
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let signs: Vec<char> = world::random_bytes()
        .iter()
        .take(12)
        .map(|byte| SIGNS.get(usize::from(byte % 32)).copied().map_or('x', char::from))
        .collect();
    signs.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
