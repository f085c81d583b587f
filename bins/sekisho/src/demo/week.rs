//! The last seven days of the fictional city: what was sent, decided, taken, held.
//!
//! Owns the script. Every line goes through the same use cases as a person's click, with real files through real cells.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use app::{
    App,
    actor::{Actor, Door},
    deciding::Ballot,
    first_factor::OfferedFactor,
    sanitising::CellSettings,
    transfers::NewTransfer,
};
use policy::SourceFile;
use tokio::io::AsyncReadExt as _;
use workflow::{
    Millis,
    id::{TransferId, ZoneId},
    route::{Verdict, Vouch},
    transfer::{Content, FileState, State},
};

use super::{
    DemoClock,
    city::{self, Prepared, Resident},
};
use crate::world::{self, SystemEntropy};

/// How long a code of an authenticator counts.
const CODE: Millis = 30_000;
const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

/// What happens to a transfer after it was submitted.
#[derive(Clone, Copy)]
enum Then {
    /// The recipient takes it.
    Taken,
    /// Nobody has taken it yet.
    Waits,
    /// These people approve in order, then the recipient takes it.
    Approved(&'static [&'static str]),
    /// This person approved the first step; the second is still to come.
    HalfApproved(&'static str),
    /// Nobody has decided yet.
    Undecided,
    /// This person returns it.
    Returned(&'static str, &'static str),
    /// This person refuses it.
    Rejected(&'static str, &'static str),
    /// The submitter gives it up.
    Withdrawn,
    /// This deputy approves because this person is away; the review is still to come.
    Deputised(&'static str, &'static str),
    /// Stays held.
    Held,
    /// This person opens every original in the zone it came from, says how it was made sure, and approves; then the recipient
    /// takes it.
    Inspected(&'static str, &'static str),
}

/// One transfer of the script.
struct Scene {
    /// Days before today, and the hour of that day in Japan.
    at: (i64, i64),
    from: &'static str,
    to: &'static str,
    channel: &'static str,
    subject: &'static str,
    class: &'static str,
    files: &'static [&'static str],
    then: Then,
}

/// A file of the samples.
struct Sample {
    key: &'static str,
    name: &'static str,
    bytes: &'static [u8],
}

/// Drawings of Jw_cad, which cannot be rebuilt: key and name. Their bytes are made by [`drawing`].
const DRAWINGS: &[(&str, &str)] = &[("counter.jww", "窓口の配置図.jww"), ("pipes.jww", "配水管布設替図.jww")];

/// A drawing with its head and an empty page: what is before the figures in a file of Jw_cad.
fn drawing(name: &str) -> Vec<u8> {
    const VERSION: u32 = 600;
    let mut bytes = b"JwwData.".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    // The note of the drawing, with its length before it, then the size of the paper and groups without figures.
    bytes.extend(u8::try_from(name.len()).unwrap_or(u8::MAX).to_le_bytes());
    bytes.extend(name.bytes().take(usize::from(u8::MAX)));
    bytes.resize(4_096, 0);
    bytes
}

macro_rules! samples {
    ($($key:literal as $name:literal),+ $(,)?) => {
        &[$(Sample { key: $key, name: $name, bytes: include_bytes!(concat!("../../samples/", $key)) }),+]
    };
}

const SAMPLES: &[Sample] = samples![
    "notice.docx" as "停電のお知らせ.docx",
    "survey.docm" as "住民アンケート調査票.docm",
    "budget.xlsx" as "令和9年度予算要求書.xlsx",
    "plan.pptx" as "中心市街地計画案.pptx",
    "guide.pdf" as "手続の手引.pdf",
    "photo.jpg" as "現地写真.jpg",
    "map.png" as "位置図.png",
    "residents.csv" as "自治会一覧.csv",
    "memo.txt" as "会議メモ.txt",
    "bundle.zip" as "申請書類一式.zip",
    "locked.zip" as "見積書.zip",
    "fake.pdf" as "案内.pdf",
    "tool.zip" as "入力補助.zip",
];

const IN: &str = "internet-to-lgwan";
const OUT: &str = "lgwan-to-internet";
const CORE_OUT: &str = "mynumber-to-lgwan";

#[rustfmt::skip]
const SCENES: &[Scene] = &[
    Scene { at: (7, 9),  from: "sakura",   to: "momiji",   channel: IN,  subject: "国からの通知文書の取込み",           class: "c1", files: &["notice.docx", "guide.pdf"],   then: Then::Taken },
    Scene { at: (7, 10), from: "hatano",   to: "morita",   channel: IN,  subject: "計画案の資料(委託業者から)",       class: "c1", files: &["plan.pptx", "map.png"],       then: Then::Taken },
    Scene { at: (7, 11), from: "ikeda",    to: "numata",   channel: IN,  subject: "工事現場の写真",                     class: "c1", files: &["photo.jpg"],                  then: Then::Taken },
    Scene { at: (7, 14), from: "amano",    to: "kumoi",    channel: OUT, subject: "議会への提出資料",                   class: "c1", files: &["budget.xlsx"],                then: Then::Withdrawn },
    Scene { at: (6, 9),  from: "sawada",   to: "fuchigami",channel: IN,  subject: "県の調査票",                         class: "c1", files: &["survey.docm"],                then: Then::Taken },
    Scene { at: (6, 10), from: "yanagi",   to: "kaede",    channel: IN,  subject: "自治会からの名簿",                   class: "c2", files: &["residents.csv"],              then: Then::Approved(&["wakaba"]) },
    Scene { at: (6, 13), from: "morita",   to: "hatano",   channel: OUT, subject: "縦覧図書の公開用データ",             class: "c1", files: &["map.png", "guide.pdf"],       then: Then::Approved(&["oka"]) },
    Scene { at: (6, 15), from: "numata",   to: "ikeda",    channel: IN,  subject: "水質検査の結果",                     class: "c1", files: &["budget.xlsx"],                then: Then::Taken },
    Scene { at: (5, 9),  from: "kumoi",    to: "minegishi",channel: IN,  subject: "研修の案内",                         class: "c1", files: &["guide.pdf", "memo.txt"],      then: Then::Taken },
    Scene { at: (5, 10), from: "momiji",   to: "sakura",   channel: IN,  subject: "旅券事務の手引の改訂版",             class: "c1", files: &["guide.pdf"],                  then: Then::Taken },
    Scene { at: (5, 11), from: "fuchigami",to: "sawada",   channel: OUT, subject: "事業所への回答",                     class: "c2", files: &["notice.docx"],                then: Then::Returned("izumi", "宛先の担当者名が抜けています。追記してください。") },
    Scene { at: (5, 14), from: "hibari",   to: "tomari",   channel: IN,  subject: "機器の手順書",                       class: "c1", files: &["bundle.zip"],                 then: Then::Taken },
    Scene { at: (4, 9),  from: "ikeda",    to: "namikawa", channel: IN,  subject: "設計図書一式",                       class: "c1", files: &["bundle.zip", "map.png"],      then: Then::Taken },
    Scene { at: (4, 10), from: "suzuran",  to: "yanagi",   channel: IN,  subject: "窓口混雑の調査票",                   class: "c1", files: &["survey.docm", "budget.xlsx"], then: Then::Taken },
    Scene { at: (4, 13), from: "hatano",   to: "nohara",   channel: IN,  subject: "入力補助の道具",                     class: "c1", files: &["tool.zip"],                   then: Then::Taken },
    Scene { at: (0, 8),  from: "sawada",   to: "takigawa", channel: CORE_OUT, subject: "給付対象者の統計(番号を除く)", class: "c2", files: &["residents.csv"],              then: Then::HalfApproved("izumi") },
    Scene { at: (3, 9),  from: "minegishi",to: "kumoi",    channel: IN,  subject: "広報紙の入稿データ",                 class: "c1", files: &["photo.jpg", "notice.docx"],   then: Then::Taken },
    Scene { at: (3, 10), from: "yanagi",   to: "momiji",   channel: OUT, subject: "住民向け説明会の資料",               class: "c1", files: &["plan.pptx"],                  then: Then::Approved(&["wakaba"]) },
    Scene { at: (3, 11), from: "numata",   to: "ikeda",    channel: OUT, subject: "漏水事故の個人宅図面",               class: "c2", files: &["map.png"],                    then: Then::Rejected("mizuno", "個人宅が特定できる図面は外へ出せません。") },
    Scene { at: (3, 15), from: "fuchigami",to: "minamoto", channel: IN,  subject: "施設からの報告書",                   class: "c2", files: &["notice.docx", "budget.xlsx"], then: Then::Deputised("shimizu", "izumi") },
    Scene { at: (2, 9),  from: "sakura",   to: "kaede",    channel: IN,  subject: "戸籍事務の照会回答",                 class: "c1", files: &["guide.pdf"],                  then: Then::Taken },
    Scene { at: (2, 10), from: "morita",   to: "tanimura", channel: IN,  subject: "航空写真",                           class: "c1", files: &["photo.jpg", "map.png"],       then: Then::Taken },
    Scene { at: (2, 14), from: "kumoi",    to: "sorano",   channel: IN,  subject: "式典の次第",                         class: "c1", files: &["memo.txt", "notice.docx"],    then: Then::Taken },
    Scene { at: (1, 9),  from: "ikeda",    to: "kawase",   channel: IN,  subject: "料金改定の説明資料",                 class: "c1", files: &["plan.pptx", "budget.xlsx"],   then: Then::Taken },
    Scene { at: (1, 10), from: "hibari",   to: "isono",    channel: IN,  subject: "更新プログラムの説明書",             class: "c1", files: &["guide.pdf"],                  then: Then::Waits },
    Scene { at: (1, 13), from: "momiji",   to: "sakura",   channel: IN,  subject: "業者の見積書(パスワード付き)",     class: "c1", files: &["locked.zip"],                 then: Then::Held },
    Scene { at: (0, 8),  from: "sakura",   to: "momiji",   channel: IN,  subject: "住民アンケートの調査票",             class: "c2", files: &["survey.docm", "residents.csv"], then: Then::Undecided },
    Scene { at: (0, 8),  from: "yanagi",   to: "kaede",    channel: OUT, subject: "県への報告資料",                     class: "c2", files: &["budget.xlsx", "notice.docx"], then: Then::Undecided },
    Scene { at: (0, 9),  from: "kaede",    to: "momiji",   channel: IN,  subject: "窓口案内の新しい図面",               class: "c1", files: &["map.png", "fake.pdf"],        then: Then::Held },
    Scene { at: (0, 9),  from: "suzuran",  to: "momiji",   channel: IN,  subject: "自治会回覧の原稿",                   class: "c1", files: &["notice.docx", "photo.jpg"],   then: Then::Waits },
    Scene { at: (2, 11), from: "ikeda",    to: "numata",   channel: IN,  subject: "布設替工事の設計図(設計会社から)",   class: "c1", files: &["pipes.jww", "guide.pdf"],     then: Then::Inspected("mizuno", "Jw_cadで全図面を開いて見た。設計会社の担当者に電話で送付を確かめた。") },
    Scene { at: (0, 8),  from: "suzuran",  to: "yanagi",   channel: IN,  subject: "窓口改修の図面(設計事務所から)",     class: "c1", files: &["counter.jww", "map.png"],     then: Then::Undecided },
];

/// Prepares the city: its people and its last week.
///
/// # Errors
/// When a scene does not end as the script says.
pub(crate) async fn prepare(
    app: &App,
    clock: &Arc<DemoClock>,
    password: &str,
    text: &[SourceFile],
) -> anyhow::Result<Prepared> {
    let now = {
        clock.set(Millis::MAX / 2);
        use app::ports::Clock as _;
        clock.now()
    };
    clock.set(now - 9 * DAY);
    app.load_organisation().await?;
    let residents = city::register(app, password).await?;
    let cast = Cast { app, clock, password, residents };
    super::editions::play(
        app,
        async |login: &str| cast.actor(login, "lgwan").await,
        async |login: &str| cast.strong_actor(login, "lgwan").await,
        |moment| clock.set(moment),
        text,
        now,
    )
    .await
    .context("方針の版")?;
    // What follows goes by the edition that is in force by now.
    let app = &app.current();
    let cast = Cast { app, ..cast };
    for (number, scene) in SCENES.iter().enumerate() {
        cast.progress(number, SCENES.len());
        let moment = moment(now, scene.at);
        cast.play(scene, moment, now).await.with_context(|| format!("場面「{}」", scene.subject))?;
    }
    cast.progress(SCENES.len(), SCENES.len());
    clock.set(now);
    // Requests name rows of registers.
    super::registers::fill(app, async |login: &str| cast.actor(login, "lgwan").await).await?;
    super::requests::play(app, async |login: &str| cast.actor(login, "lgwan").await, now).await?;
    super::training::play(
        app,
        async |login: &str| cast.actor(login, "lgwan").await,
        async |login: &str| cast.strong_actor(login, "lgwan").await,
        now,
    )
    .await?;
    super::duties::play(
        app,
        async |login: &str| cast.actor(login, "lgwan").await,
        async |login: &str| cast.strong_actor(login, "lgwan").await,
        now,
    )
    .await?;
    super::rosters::play(app, async |login: &str| cast.strong_actor(login, "lgwan").await, now).await?;
    while app.seal().await? > 0 {}
    let token = cast.token().await?;
    clock.set(Millis::MAX / 2);
    Ok(Prepared { residents: cast.residents, token })
}

/// The moment of a scene: an hour of that day in Japan, and never later than a few minutes ago.
fn moment(now: Millis, (days, hour): (i64, i64)) -> Millis {
    const JAPAN: Millis = 9 * HOUR;
    let midnight = (now + JAPAN).div_euclid(DAY) * DAY - JAPAN;
    (midnight - days * DAY + hour * HOUR).min(now - 30 * 60_000)
}

struct Cast<'a> {
    app: &'a App,
    clock: &'a Arc<DemoClock>,
    password: &'a str,
    residents: Vec<Resident>,
}

impl Cast<'_> {
    fn progress(&self, done: usize, all: usize) {
        // Shown while a newcomer waits; losing it loses nothing.
        world::progress("星見市の1週間を用意しています", done, all);
    }

    async fn actor(&self, login: &str, zone: &str) -> anyhow::Result<Actor> {
        let door = Door { zone: ZoneId::new(zone), address: "127.0.0.1".to_owned() };
        let login = self.app.login(&door, login, self.password).await?;
        Ok(self.app.resume(&door, &login.secret).await?)
    }

    /// The same with a second factor, which is taken away again: a visitor plays this person and has no authenticator.
    async fn strong_actor(&self, login: &str, zone: &str) -> anyhow::Result<Actor> {
        let door = Door { zone: ZoneId::new(zone), address: "127.0.0.1".to_owned() };
        let id = city::find(&self.residents, login)?;
        let offered = OfferedFactor::draw(&SystemEntropy);
        let now = self.app.now();
        let factor = offered.prove(&offered.code(now - CODE)?, now)?;
        self.app.install_second_factor(id, &factor).await?;
        let opened = self.app.login(&door, login, self.password).await?;
        let secret = self.app.second_factor(&door, &opened.secret, &offered.code(now)?).await?;
        let actor = self.app.resume(&door, &secret).await?;
        self.app.remove_second_factor(id).await?;
        Ok(actor)
    }

    async fn play(&self, scene: &Scene, moment: Millis, now: Millis) -> anyhow::Result<()> {
        let channel = self.app.pack().channel_by_id(scene.channel).context("通信路がありません")?;
        let (from, to) = (channel.from.clone(), channel.to.clone());
        self.clock.set(moment);
        let submitter = self.actor(scene.from, &from).await?;
        let id = self.submit(&submitter, scene).await?;
        self.clock.set(moment + 20_000);
        self.app.drain_cells(CellSettings::default()).await?;
        let later = |hours: i64| (moment + hours * HOUR).min(now - 5 * 60_000);
        match scene.then {
            Then::Taken => {
                self.clock.set(later(1));
                self.take(scene.to, &to, &id).await?;
            }
            Then::Waits => self.expect(&submitter, &id, State::Ready).await?,
            Then::Approved(approvers) => {
                for (i, login) in approvers.iter().enumerate() {
                    self.clock.set(later(2 + i64::try_from(i)?));
                    self.decide(login, &to, &id, Verdict::Approve, "", None).await?;
                }
                self.clock.set(later(5));
                self.take(scene.to, &to, &id).await?;
            }
            Then::HalfApproved(login) => {
                self.clock.set(later(1));
                self.decide(login, &to, &id, Verdict::Approve, "", None).await?;
                self.expect(&submitter, &id, State::AwaitingApproval).await?;
            }
            Then::Undecided => self.expect(&submitter, &id, State::AwaitingApproval).await?,
            Then::Returned(login, why) => {
                self.clock.set(later(3));
                self.decide(login, &from, &id, Verdict::Return, why, None).await?;
            }
            Then::Rejected(login, why) => {
                self.clock.set(later(3));
                self.decide(login, &from, &id, Verdict::Reject, why, None).await?;
            }
            Then::Withdrawn => {
                self.clock.set(later(1));
                self.app.withdraw(&submitter, &id).await?;
            }
            Then::Deputised(deputy, away) => {
                self.clock.set(later(1));
                let absent = self.actor(away, &to).await?;
                self.app.set_absence(&absent, later(1) - HOUR, later(9), "県庁へ出張").await?;
                self.clock.set(later(2));
                self.decide(deputy, &to, &id, Verdict::Approve, "出張中のため代決", Some(away)).await?;
                self.clock.set(later(4));
                self.take(scene.to, &to, &id).await?;
            }
            Then::Held => self.expect(&submitter, &id, State::Held).await?,
            Then::Inspected(login, note) => {
                self.clock.set(later(1));
                self.inspect(login, &from, &id, note).await?;
                self.clock.set(later(3));
                self.take(scene.to, &to, &id).await?;
            }
        }
        Ok(())
    }

    async fn submit(&self, actor: &Actor, scene: &Scene) -> anyhow::Result<TransferId> {
        let mut files = Vec::new();
        for key in scene.files {
            let drawn = DRAWINGS.iter().find(|(of, _)| of == key).map(|(_, name)| (*name, drawing(name)));
            let sample = || SAMPLES.iter().find(|s| s.key == *key).map(|s| (s.name, s.bytes.to_vec()));
            let (name, bytes) = drawn.or_else(sample).context("見本がありません")?;
            let mut upload = self.app.begin_file(actor, scene.channel, name, "").await?;
            upload.write(&bytes).await?;
            files.push(upload.finish().await?);
        }
        let answers = BTreeMap::from(
            [
                ("origin", "担当者から電子メールで受領"),
                ("recipient", "星見県 市町村課 担当"),
                ("protection", "暗号化して送る"),
            ]
            .map(|(id, answer)| (id.to_owned(), answer.to_owned())),
        );
        let content = Content {
            subject: scene.subject.to_owned(),
            purpose: format!("{}のため", scene.subject),
            classification: scene.class.to_owned(),
            personal_data: false,
            answers,
            recipients: vec![city::find(&self.residents, scene.to)?.clone()],
        };
        let new = NewTransfer {
            submission: format!("demo-{}-{}-{}", scene.at.0, scene.at.1, scene.from),
            channel: scene.channel.to_owned(),
            content,
            files,
            passwords: Vec::new(),
        };
        Ok(self.app.submit(actor, new).await?)
    }

    async fn expect(&self, actor: &Actor, id: &TransferId, state: State) -> anyhow::Result<()> {
        let found = self.app.transfer(actor, id).await?.transfer.state;
        anyhow::ensure!(found == state, "{}ではなく{}です", state.id(), found.id());
        Ok(())
    }

    async fn decide(
        &self,
        login: &str,
        zone: &str,
        id: &TransferId,
        verdict: Verdict,
        comment: &str,
        away: Option<&str>,
    ) -> anyhow::Result<()> {
        let actor = self.actor(login, zone).await?;
        let seen = self.app.transfer(&actor, id).await?;
        let away = away.map(|login| city::find(&self.residents, login)).transpose()?;
        let ballot = Ballot { stands_in_for: away, ..Ballot::new(verdict, comment, &seen.content_hash) };
        Ok(self.app.decide(&actor, id, &ballot).await?)
    }

    /// 検査確認 as the screens lead through it: open each original, then approve with a word for each.
    async fn inspect(&self, login: &str, zone: &str, id: &TransferId, note: &str) -> anyhow::Result<()> {
        let actor = self.actor(login, zone).await?;
        let seen = self.app.transfer(&actor, id).await?;
        let mut vouches = Vec::new();
        for file in seen.transfer.files.iter().filter(|f| f.state == FileState::Inspected) {
            let mut original = self.app.open_original(&actor, id, &file.id).await?;
            let mut bytes = Vec::new();
            original.reader.read_to_end(&mut bytes).await?;
            vouches.push(Vouch { file: file.id.clone(), sha256: original.sha256, note: note.to_owned() });
        }
        let ballot = Ballot { vouches: &vouches, ..Ballot::new(Verdict::Approve, "", &seen.content_hash) };
        Ok(self.app.decide(&actor, id, &ballot).await?)
    }

    async fn take(&self, login: &str, zone: &str, id: &TransferId) -> anyhow::Result<()> {
        let actor = self.actor(login, zone).await?;
        let detail = self.app.transfer(&actor, id).await?;
        for file in detail.transfer.passing() {
            let mut download = self.app.download(&actor, id, &file.id).await?;
            let mut taken = Vec::new();
            download.reader.read_to_end(&mut taken).await?;
        }
        Ok(())
    }

    /// A token to try the API with: reading only, for the residents' section head at the LGWAN listener.
    async fn token(&self) -> anyhow::Result<Option<String>> {
        let actor = self.actor("wakaba", "lgwan").await?;
        let scopes = ["read-transfers".to_owned(), "read-evidence".to_owned()];
        let (_, secret) = self.app.create_token(&actor, "デモ", &scopes, 30).await?;
        Ok(Some(secret))
    }
}
