-- grain: one row per text that people typed where no text is due, or as a name: of a file, a sheet or a folder
-- Names never leave the private database (domain.md, Submissions). A word is shown when the reference folder or the
-- list below knows it, a number unless it may be a person's; of anything else only that it was there: …
with typed as (
    select
        received.file_name as text,
        true as is_name,
    from core.received as received
    union
    select
        finding.sheet_name as text,
        true as is_name,
    from raw.finding as finding
    where finding.run_id = night_of($as_of) and finding.gate = 'incoming'
    union
    select
        value.sheet_name as text,
        true as is_name,
    from core.value
    union
    select
        finding.found as text,
        false as is_name,
    from raw.finding as finding
    where finding.run_id = night_of($as_of) and finding.gate = 'incoming'
    union
    select
        unnest([folder_code, meta_sender_code]) as text,
        false as is_name,
    from core.received
),

-- runs of one script (a name may be written with gaps), of digits, and of what stands between them
piece as (
    select
        text,
        is_name,
        unnest(pieces) as piece,
        generate_subscripts(pieces, 1) as place,
    from (
        select
            text,
            is_name,
            regexp_extract_all(
                case when is_name then without_telephone(text) else text end,
                '\p{Han}([\s\p{Z}·]*\p{Han})*|[^\p{Han}\P{L}]+|\p{Nd}+|[^\p{L}\p{Nd}]+'
            ) as pieces,
        from typed
        where text is not null
    ) as split_text
),

known_name as (
    select unnest([code, name, short_name, aliases]) as name from reference.org_unit
    union all
    select unnest([code, name_zh]) as name from reference.form
    union all
    select unnest([code, name_zh, unit]) as name from reference.indicator
    union all
    select unnest([code, name_zh]) as name from reference.theme
    union all
    select unit as name from reference.unit
    union all
    select template_version as name from reference.form_version
    union all
    select template_version as name from reference.form
    union all
    select refusal_words(refusal_code) as name from core.received
    -- of files and sheets
    union all
    select '示例 月报 报表 统计表 汇总表 表 模板 空白 填报 上报 报送 工作 指标 数据 统计 汇总 明细 附件 电子版 盖章版 社区 街道 区 市 年 月 日 份'
    union all
    select '月份 年度 季度 半年 全年 第 期 号 版 新 旧 新版 旧版 更正 改正 修改 修订 已改 重报 补报 重新 最终 最新 终稿 定稿 初稿 正式 副本 备份 复制 照片 图片 扫描件 说明 全部 资料 材料'
    union all
    select 'xlsx xlsm xls xlsb csv txt tsv et ods jpg jpeg png gif pdf doc docx wps ppt pptx zip rar html xml'
    union all
    select 'sheet form report monthly template table data version ver rev copy new final backup'
    -- of cells
    union all
    select '身份证号 电话号码 不适用 无 没有 暂无 同上 合计 小计 约 余 不足 零 〇 一 二 三 四 五 六 七 八 九 十 百 千 万 亿 个'
    union all
    select 'na nan null none nil ref value div name num'
),

word as (
    select distinct lower(unnest(regexp_extract_all(name, '\p{Han}+|[^\p{Han}\P{L}]+'))) as word,
    from known_name
),

-- nothing parts the words of Chinese: a run is known when known ones make all of it
chinese_run as (
    select
        run.piece,
        string_agg(word.word, '|' order by length(word.word) desc, word.word) as words,
        string_agg(word.word, '|' order by length(word.word) desc, word.word) filter (
            where length(word.word) > 1
        ) as longer_words,
    from (select distinct piece from piece where regexp_matches(piece, '^\p{Han}')) as run
    inner join word on contains(run.piece, word.word)
    group by run.piece
),

shown_run as (
    select
        piece,
        case
            when regexp_full_match(piece, '(' || words || '|[\s\p{Z}·])+') then piece
            -- what is known of it stays, but for words of one character, which may be a part of a name
            when longer_words is not null
                then regexp_replace(
                    regexp_replace(
                        regexp_replace(piece, '(' || longer_words || ')', '<\1>', 'g'), '(^|>)[^<>]+', '\1…', 'g'
                    ),
                    '[<>]',
                    '',
                    'g'
                )
        end as shown_run,
    from chinese_run
),

shown_piece as (
    select
        piece.text,
        piece.is_name,
        piece.place,
        case
            when regexp_matches(piece.piece, '^\p{Han}') then coalesce(shown_run.shown_run, '…')
            when regexp_full_match(piece.piece, '[A-Za-z]') or word.word is not null then piece.piece
            when regexp_matches(piece.piece, '^\p{L}') then '…'
            -- the digits of a cell are a figure; those of a name may be a card's
            when piece.is_name and regexp_full_match(piece.piece, '\p{Nd}{15,}|[1１][3-9３-９]\p{Nd}{9}') then '…'
            else piece.piece
        end as shown_piece,
    from piece
    left join shown_run on piece.piece = shown_run.piece
    left join word on lower(piece.piece) = word.word
)

select
    text,
    is_name,
    regexp_replace(
        regexp_replace(string_agg(shown_piece, '' order by place), '…+', '…', 'g'),
        case when is_name then '[\x00-\x1f\x7f]+' else '^$' end,  -- a name is one line
        case when is_name then ' ' else '' end,
        'g'
    ) as shown_text,
from shown_piece
group by text, is_name
order by is_name, text
