//! The registers of the fictional city: what its six sections keep.
//!
//! Owns the lists and putting them in. Everything goes through the same use cases as a person's click or an import.

use std::collections::BTreeMap;

use anyhow::Context as _;
use app::{
    App,
    actor::Actor,
    registers::{
        RowInput,
        plan::{PlanLine, RegisterPlan},
    },
};
use workflow::register::RowKey;

/// A section, who puts its rows in, and where its things are.
struct Keeper {
    section: &'static str,
    login: &'static str,
    room: &'static str,
}

#[rustfmt::skip]
const KEEPERS: [Keeper; 6] = [
    Keeper { section: "general-affairs", login: "kumoi",  room: "本庁2階 総務課" },
    Keeper { section: "digital",         login: "hibari", room: "本庁3階 デジタル推進課" },
    Keeper { section: "residents",       login: "yanagi", room: "本庁1階 市民課" },
    Keeper { section: "welfare",         login: "sawada", room: "本庁1階 福祉課" },
    Keeper { section: "planning",        login: "hatano", room: "本庁4階 都市計画課" },
    Keeper { section: "water",           login: "ikeda",  room: "水道庁舎 上下水道課" },
];

/// Section, name, form, classes of confidentiality, integrity, availability (empty: nobody knows yet), personal data, zone.
type Asset =
    (usize, &'static str, &'static str, &'static str, &'static str, &'static str, bool, &'static str);

const DATA: &str = "電子データ";
const BASE: &str = "データベース";
const PAPER: &str = "紙文書";
const PLANS: &str = "図面・写真";

#[rustfmt::skip]
const ASSETS: [Asset; 60] = [
    (0, "職員名簿",                 DATA,  "c2", "i2", "a2", true,  "lgwan"),
    (0, "人事評価記録",             DATA,  "c3", "i2", "a1", true,  "lgwan"),
    (0, "給与支給データ",           BASE,  "c3", "i2", "a2", true,  "lgwan"),
    (0, "例規集の原稿",             DATA,  "c1", "i2", "a1", false, "lgwan"),
    (0, "文書管理台帳",             BASE,  "c2", "i2", "a2", false, "lgwan"),
    (0, "契約書綴り",               PAPER, "c2", "i2", "a1", false, ""),
    (0, "庁議の会議録",             DATA,  "c2", "i1", "a1", false, "lgwan"),
    (0, "情報公開請求の記録",       DATA,  "c2", "i2", "a1", true,  "lgwan"),
    (0, "防災計画",                 DATA,  "c1", "i2", "a2", false, "internet"),
    (0, "来庁者の記録",             PAPER, "c2", "i1", "a1", true,  ""),
    (1, "ネットワーク構成図",       PLANS, "c3", "i2", "a2", false, "lgwan"),
    (1, "利用者IDの一覧",           BASE,  "c3", "i2", "a2", true,  "lgwan"),
    (1, "サーバ設定書",             DATA,  "c3", "i2", "a2", false, "lgwan"),
    (1, "バックアップの媒体",       DATA,  "c3", "i2", "a2", true,  "mynumber"),
    (1, "通信記録",                 DATA,  "c2", "i2", "a1", true,  "internet"),
    (1, "機器の保守契約",           PAPER, "c2", "i1", "a1", false, ""),
    (1, "研修の受講記録",           DATA,  "c2", "i1", "a1", true,  "lgwan"),
    (1, "ソフトウェアの使用許諾",   PAPER, "c1", "i2", "a1", false, ""),
    (1, "情報システム調達仕様書",   DATA,  "c2", "i1", "a1", false, "lgwan"),
    (1, "障害の記録",               DATA,  "c2", "i2", "a1", false, "lgwan"),
    (2, "住民基本台帳",             BASE,  "c3", "i2", "a2", true,  "mynumber"),
    (2, "戸籍簿",                   BASE,  "c3", "i2", "a2", true,  "mynumber"),
    (2, "印鑑登録原票",             PAPER, "c3", "i2", "a2", true,  ""),
    (2, "個人番号カード交付記録",   DATA,  "c3", "i2", "a1", true,  "mynumber"),
    (2, "住民異動届",               PAPER, "c3", "i2", "a1", true,  ""),
    (2, "窓口の待ち人数",           DATA,  "c1", "i1", "a1", false, "internet"),
    (2, "証明書発行の統計",         DATA,  "c1", "i1", "a1", false, "lgwan"),
    (2, "申請書の様式",             DATA,  "c1", "i1", "a2", false, "internet"),
    (2, "支援措置の申出",           PAPER, "c3", "i2", "a2", true,  ""),
    (2, "窓口日誌",                 DATA,  "c2", "i1", "a1", true,  "lgwan"),
    (3, "生活保護の記録",           BASE,  "c3", "i2", "a2", true,  "mynumber"),
    (3, "障害者手帳の台帳",         BASE,  "c3", "i2", "a2", true,  "mynumber"),
    (3, "児童相談の記録",           DATA,  "c3", "i2", "a1", true,  "lgwan"),
    (3, "保育所入所申込書",         PAPER, "c3", "i2", "a1", true,  ""),
    (3, "介護認定の資料",           DATA,  "c3", "i2", "a2", true,  "mynumber"),
    (3, "民生委員名簿",             DATA,  "c2", "i2", "a1", true,  "lgwan"),
    (3, "施設の一覧",               DATA,  "c1", "i1", "a1", false, "internet"),
    (3, "避難行動要支援者名簿",     DATA,  "c3", "i2", "a2", true,  "lgwan"),
    (3, "給付金の支給記録",         BASE,  "c3", "i2", "a2", true,  "mynumber"),
    (3, "面談の録音",               DATA,  "",   "i1", "a1", true,  "lgwan"),
    (4, "都市計画図",               PLANS, "c1", "i2", "a1", false, "internet"),
    (4, "開発許可申請書",           PAPER, "c2", "i2", "a1", true,  ""),
    (4, "地籍図",                   PLANS, "c1", "i2", "a2", false, "lgwan"),
    (4, "用地交渉の記録",           DATA,  "c3", "i2", "a1", true,  "lgwan"),
    (4, "道路台帳",                 BASE,  "c1", "i2", "a2", false, "lgwan"),
    (4, "建築確認の控え",           PAPER, "c2", "i2", "a1", true,  ""),
    (4, "入札の予定価格",           DATA,  "c3", "i2", "a1", false, "lgwan"),
    (4, "航空写真",                 PLANS, "c1", "i1", "a1", false, "internet"),
    (4, "空き家の調査票",           DATA,  "c2", "i1", "a1", true,  "lgwan"),
    (4, "測量データ",               DATA,  "",   "",   "",   false, "lgwan"),
    (5, "水道料金の収納記録",       BASE,  "c3", "i2", "a2", true,  "mynumber"),
    (5, "給水台帳",                 BASE,  "c2", "i2", "a2", true,  "lgwan"),
    (5, "管路図",                   PLANS, "c2", "i2", "a2", false, "lgwan"),
    (5, "水質検査の結果",           DATA,  "c1", "i2", "a2", false, "internet"),
    (5, "浄水場の運転記録",         DATA,  "c2", "i2", "a2", false, "lgwan"),
    (5, "検針票",                   PAPER, "c2", "i1", "a1", true,  ""),
    (5, "漏水の修繕記録",           DATA,  "c1", "i1", "a1", false, "lgwan"),
    (5, "排水設備の届出",           PAPER, "c2", "i2", "a1", true,  ""),
    (5, "下水道台帳",               BASE,  "c1", "i2", "a2", false, "lgwan"),
    (5, "料金減免の申請",           PAPER, "c3", "i2", "a1", true,  ""),
];

/// Kinds of media, and how many assets of its section, from which on, each holds.
const MEDIA: [(&str, usize, usize); 20] = [
    ("USBメモリ", 0, 1),
    ("USBメモリ", 3, 2),
    ("外付けディスク", 4, 3),
    ("光ディスク", 8, 1),
    ("USBメモリ", 13, 1),
    ("磁気テープ", 10, 4),
    ("磁気テープ", 10, 4),
    ("外付けディスク", 14, 2),
    ("光ディスク", 20, 2),
    ("USBメモリ", 25, 2),
    ("USBメモリ", 29, 1),
    ("光ディスク", 30, 1),
    ("USBメモリ", 35, 1),
    ("メモリカード", 39, 1),
    ("USBメモリ", 36, 0),
    ("メモリカード", 47, 1),
    ("外付けディスク", 40, 3),
    ("USBメモリ", 49, 1),
    ("USBメモリ", 53, 1),
    ("光ディスク", 50, 2),
];

/// How many machines a section has: notebooks, desktops, others by their kind.
const MACHINES: [(usize, usize, &[&str]); 6] = [
    (5, 2, &["プリンタ・複合機"]),
    (5, 1, &["サーバ", "サーバ", "通信機器"]),
    (4, 4, &["プリンタ・複合機"]),
    (5, 2, &["タブレット・スマートフォン"]),
    (4, 1, &["プリンタ・複合機"]),
    (3, 2, &["タブレット・スマートフォン"]),
];

type Pairs = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
const SYSTEMS: &[Pairs] = &[
    &[("name", "住民記録システム"), ("owner", "residents"), ("responsible", "yanagi"), ("purpose", "住民票の異動と証明"), ("zone", "mynumber"), ("environment", "運用"), ("hosting", "データセンター"), ("confidentiality", "c3"), ("integrity", "i2"), ("availability", "a2"), ("personal-data", "true"), ("my-number", "true")],
    &[("name", "文書管理システム"), ("owner", "general-affairs"), ("responsible", "tomari"), ("purpose", "文書の収受、起案、保存"), ("zone", "lgwan"), ("environment", "運用"), ("hosting", "庁内"), ("confidentiality", "c2"), ("integrity", "i2"), ("availability", "a2"), ("personal-data", "true")],
    &[("name", "公式ウェブサイト"), ("owner", "general-affairs"), ("responsible", "tomari"), ("purpose", "市からの知らせ"), ("zone", "internet"), ("environment", "運用"), ("hosting", "外部サービス"), ("confidentiality", "c1"), ("integrity", "i2"), ("availability", "a1")],
];

#[rustfmt::skip]
const AREAS: &[Pairs] = &[
    &[("name", "サーバ室"), ("place", "本庁3階"), ("owner", "digital"), ("manager", "tomari"), ("doors", "1"), ("lock", "ICカードと暗証"), ("fire", "ガスの消火設備"), ("quake", "true"), ("power", "true"), ("admitted", "デジタル推進課と、申請で許可した者")],
];

#[rustfmt::skip]
const CONTRACTORS: &[Pairs] = &[
    &[("name", "星見データ処理"), ("subject", "住民票の写しの郵送の請求の入力"), ("kind", "入力・印刷"), ("confidentiality", "c3"), ("personal-data", "true"), ("selected-by", "認証と実地の確認"), ("contract-number", "8-住-12"), ("from", "2026-04-01"), ("until", "2027-03-31"), ("memorandum", "契約書に含む"), ("explained-on", "2026-04-01"), ("secrecy", "true"), ("responsible", "yanagi")],
    &[("name", "港町溶解工業"), ("subject", "保存期間を終えた書類の溶解"), ("kind", "廃棄"), ("confidentiality", "c3"), ("personal-data", "true"), ("selected-by", "施設の確認"), ("contract-number", "8-住-20"), ("from", "2026-04-01"), ("until", "2027-03-31"), ("memorandum", "取り交わした"), ("memorandum-on", "2026-04-01"), ("explained-on", "2026-04-01"), ("secrecy", "true"), ("responsible", "sakura")],
];

#[rustfmt::skip]
const SERVICES: &[Pairs] = &[
    &[("name", "窓口の混雑の表示"), ("provider", "まちの案内"), ("kind", "その他"), ("purpose", "窓口の待ち人数を知らせる"), ("confidentiality", "c1"), ("zone", "internet"), ("place", "国内"), ("responsible", "yanagi"), ("permitted-on", "2026-05-11"), ("leaving", "契約の終わりに消去の証明を受け取る")],
];

fn row(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect()
}

fn plan(register: &str, lines: Vec<PlanLine>) -> RegisterPlan {
    RegisterPlan {
        register: register.to_owned(),
        source: "これまでの台帳.xlsx".to_owned(),
        reason: "これまでの台帳からの移行".to_owned(),
        lines,
    }
}

/// Fills the registers, in the zone in which the actors stand, and changes a few rows so that there is a history to look at.
///
/// # Errors
/// When the pack does not fit the lists.
pub(crate) async fn fill(
    app: &App,
    actor: impl AsyncFn(&str) -> anyhow::Result<Actor>,
) -> anyhow::Result<()> {
    for (at, keeper) in KEEPERS.iter().enumerate() {
        let who = actor(keeper.login).await?;
        let place = || format!("{}の台帳", keeper.section);
        let assets = ASSETS.iter().filter(|a| a.0 == at).map(|a| asset(keeper, *a)).collect();
        app.apply_plan(&who, &plan("assets", assets)).await.with_context(place)?;
    }
    for (at, keeper) in KEEPERS.iter().enumerate() {
        let who = actor(keeper.login).await?;
        let lines: Vec<PlanLine> = (1..).zip(MEDIA).filter_map(|(n, m)| medium(n, at, keeper, m)).collect();
        app.apply_plan(&who, &plan("media", lines))
            .await
            .with_context(|| format!("{}の媒体", keeper.section))?;
    }
    let operator = actor("tomari").await?;
    app.apply_plan(&operator, &plan("equipment", machines())).await.context("機器台帳")?;
    for (register, rows) in [("systems", SYSTEMS), ("areas", AREAS)] {
        let lines = rows.iter().map(|pairs| PlanLine::Add { section: None, values: row(pairs) }).collect();
        app.apply_plan(&operator, &plan(register, lines)).await.with_context(|| register.to_owned())?;
    }
    let yanagi = actor("yanagi").await?;
    for (register, rows) in [("contractors", CONTRACTORS), ("services", SERVICES)] {
        let section = || Some("residents".to_owned());
        let lines =
            rows.iter().map(|pairs| PlanLine::Add { section: section(), values: row(pairs) }).collect();
        app.apply_plan(&yanagi, &plan(register, lines)).await.with_context(|| register.to_owned())?;
    }
    history(app, &actor).await?;
    long_ended(app, &actor).await
}

/// What ended years ago, taken over from the paper that came before: its years are over, or end soon.
#[rustfmt::skip]
const LONG_ENDED: [(&str, &str, &str, i16, &str); 6] = [
    ("residents", "yanagi", "旧住民情報システムの操作記録", 7, "システムの入替え"),
    ("residents", "yanagi", "旧庁舎の来庁者記録",           6, "庁舎の移転"),
    ("residents", "yanagi", "住基カードの交付簿",           6, "制度の終了"),
    ("welfare",   "sawada", "旧給付金の申請書の控え",       7, "給付の終了"),
    ("planning",  "hatano", "前の総合計画の調査票",         6, "計画期間の終了"),
    ("water",     "ikeda",  "旧料金システムの収納記録",     6, "システムの入替え"),
];

async fn long_ended(app: &App, actor: &impl AsyncFn(&str) -> anyhow::Result<Actor>) -> anyhow::Result<()> {
    let year = workflow::calendar::fiscal_year(workflow::calendar::day_of(app.now()));
    for (section, login, name, years, why) in LONG_ENDED {
        let who = actor(login).await?;
        let input = RowInput {
            section: Some(section.to_owned()),
            values: row(&[
                ("name", name),
                ("kind", PAPER),
                ("confidentiality", "c2"),
                ("integrity", "i1"),
                ("availability", "a1"),
                ("personal-data", "true"),
                ("place", "文書庫"),
                ("keeper", login),
            ]),
            reason: "紙の台帳から移した".to_owned(),
        };
        let place = || format!("終わった資産「{name}」");
        let key = app.add_row(&who, "assets", &input).await.with_context(place)?;
        let ended = workflow::calendar::fiscal_year_begins(year.saturating_sub(years));
        app.end_row(&who, &key, 1, &ended.to_string(), why).await.with_context(place)?;
    }
    Ok(())
}

fn asset(keeper: &Keeper, a: Asset) -> PlanLine {
    let (_, name, kind, c, i, av, personal, zone) = a;
    let place = if kind == PAPER {
        format!("{} 書庫", keeper.room)
    } else {
        "共有ファイルサーバ".to_owned()
    };
    PlanLine::Add {
        section: Some(keeper.section.to_owned()),
        values: row(&[
            ("name", name),
            ("kind", kind),
            ("confidentiality", c),
            ("integrity", i),
            ("availability", av),
            ("personal-data", if personal { "true" } else { "false" }),
            ("zone", zone),
            ("place", &place),
            ("keeper", keeper.login),
        ]),
    }
}

/// The medium, when its first asset is of this section.
fn medium(number: usize, at: usize, keeper: &Keeper, m: (&str, usize, usize)) -> Option<PlanLine> {
    let (kind, first, count) = m;
    let (section, ..) = ASSETS.get(first)?;
    if *section != at {
        return None;
    }
    let held = (first..first + count).map(|n| format!("A-{:04}", n + 1)).collect::<Vec<_>>().join(" ");
    Some(PlanLine::Add {
        section: Some(keeper.section.to_owned()),
        values: row(&[
            ("name", &format!("{kind} {number:02}")),
            ("kind", kind),
            ("serial", &format!("HM{:05}", 20_000 + number * 37)),
            ("assets", &held),
            ("encrypted", if kind == "光ディスク" { "false" } else { "true" }),
            ("place", &format!("{} 施錠棚", keeper.room)),
            ("keeper", keeper.login),
            ("bought", "令和7年4月1日"),
        ]),
    })
}

fn machines() -> Vec<PlanLine> {
    let mut lines = Vec::new();
    for (keeper, (notebooks, desktops, others)) in KEEPERS.iter().zip(MACHINES) {
        let kinds = std::iter::repeat_n("ノートPC", notebooks)
            .chain(std::iter::repeat_n("デスクトップPC", desktops))
            .chain(others.iter().copied());
        for kind in kinds {
            let number = lines.len() + 1;
            let zone = if keeper.section == "residents" && kind == "デスクトップPC" {
                "mynumber"
            } else {
                "lgwan"
            };
            let is_pc = kind.ends_with("PC");
            lines.push(PlanLine::Add {
                section: Some(keeper.section.to_owned()),
                values: row(&[
                    ("name", &format!("{kind} {number:03}")),
                    ("kind", kind),
                    ("model", if is_pc { "HX-14" } else { "" }),
                    ("serial", &format!("SN{:06}", 410_000 + number * 113)),
                    ("zone", zone),
                    ("user", if kind == "ノートPC" { keeper.login } else { "" }),
                    ("place", keeper.room),
                    ("anti-theft", if kind == "サーバ" { "施錠できる室" } else { "ワイヤー固定" }),
                    ("software", if is_pc { "文書作成、表計算、ウイルス対策" } else { "" }),
                    ("installed", "令和6年10月1日"),
                    ("lease-until", if is_pc { "令和11年9月30日" } else { "" }),
                ]),
            });
        }
    }
    lines
}

/// A copy, a class that becomes stricter with what holds it, a broken medium.
async fn history(app: &App, actor: &impl AsyncFn(&str) -> anyhow::Result<Actor>) -> anyhow::Result<()> {
    let yanagi = actor("yanagi").await?;
    let copy = RowInput {
        section: Some("residents".to_owned()),
        values: row(&[
            ("name", "窓口日誌の写し(引継ぎ用)"),
            ("kind", PAPER),
            ("copy-of", "A-0030"),
            ("place", "本庁1階 市民課 書庫"),
            ("keeper", "yanagi"),
        ]),
        reason: "引継ぎのために印刷した".to_owned(),
    };
    app.add_row(&yanagi, "assets", &copy).await.context("写し")?;
    let wakaba = actor("wakaba").await?;
    let diary = RowKey::new("assets", 30);
    let before = app.register_row(&wakaba, &diary).await?.row.row;
    let mut values = app.typed(app.register("assets")?, &before);
    values.insert("confidentiality".to_owned(), "c3".to_owned());
    let stricter = RowInput {
        section: Some("residents".to_owned()),
        values,
        reason: "支援措置の記載があるため".to_owned(),
    };
    app.change_row(&wakaba, &diary, before.version, &stricter).await.context("分類の見直し")?;
    let broken = RowKey::new("media", 9);
    let before = app.register_row(&wakaba, &broken).await?.row.row;
    let today = web::dates::iso(app.now());
    let today = today.get(..10).context("今日の日付")?.to_owned();
    app.end_row(&wakaba, &broken, before.version, &today, "読めなくなったため、裁断して廃棄した")
        .await
        .context("廃棄")
}
