//! The server and the command line of Sekisho.
//!
//! Owns choosing the command and wiring: which store, which cells, which keys, which listeners.
//! Leaves everything that is decided to `app` and the packages it asks. From here to an entry of evidence:
//! `serve` → a route in `web` → a use case in `app` → a decision in ring 1 → `app::evidence`.

mod bundle;
mod config;
mod demo;
mod house;
mod keys;
mod ledger_command;
mod packs;
mod policy_command;
mod sanitize_command;
mod serve;
mod world;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// 関所(せきしょ): 情報セキュリティポリシーを、動く仕組みにします。
#[derive(Parser)]
#[command(name = "sekisho", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 架空の星見市を、この機械だけで動かします(平文HTTP、ループバックのみ)
    Demo(demo::Options),
    /// 本番の準備: 鍵とデータベースを作り、最初の管理者を登録します
    Init(serve::InitOptions),
    /// 本番として動かします(TLS、デモ利用者なし)
    Serve(serve::Options),
    /// ファイルを1つ無害化します。終了コード: 0 通った、3 遮断または保留、2 使い方の誤り、1 失敗
    Sanitize(sanitize_command::Options),
    /// 方針パックを検査し、表示します
    #[command(subcommand)]
    Policy(policy_command::Command),
    /// 証跡の台帳を見て、書き出し、検証します
    #[command(subcommand)]
    Ledger(ledger_command::Command),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    world::start_log();
    let done = match arguments.command {
        Command::Demo(options) => world::run(demo::run(options)),
        Command::Init(options) => world::run(serve::init(options)),
        Command::Serve(options) => world::run(serve::run(options)),
        Command::Sanitize(options) => world::run(sanitize_command::run(options)),
        Command::Policy(command) => policy_command::run(&command),
        Command::Ledger(ledger_command::Command::Verify(options)) => return sekisho_verify::run(&options),
        Command::Ledger(command) => world::run(ledger_command::run(command)),
    };
    done.unwrap_or_else(|error| {
        world::complain(&error);
        ExitCode::FAILURE
    })
}
