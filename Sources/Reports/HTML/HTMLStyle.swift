/// The style of the HTML report.
enum HTMLStyle {
    /// What the page's policy admits: base64 of the SHA-256 of `text`.
    static let digest = "sha256-HWsDG3EqPxpZNTzIlVVkAO10qa/HyklpU99HMUmn6ac="

    static let text = colors + layout + table + graph

    private static let colors = """

        :root{color-scheme:light;--bg:#f4f5f8;--card:#fff;--raise:#f8f9fb;--ink:#17202e;--dim:#5a6678;--line:#e1e5ec;--focus:#2f5fde;
        --create:#17784a;--update:#8a5c00;--replace:#b24a00;--delete:#c4232f;--adopt:#0b63c4;--drift:#7a45d1;--unknown:#5f6876;--quiet:#6b7482;
        --pending:#8a5c00;--refused:#b24a00;--failed:#c4232f;--unchanged:#5d7a68;--shadow:0 1px 2px #1720300d,0 4px 16px #1720300a}
        :root[data-theme=dark]{color-scheme:dark;--bg:#0d1117;--card:#151b24;--raise:#1a212c;--ink:#e7ebf2;--dim:#98a3b4;--line:#29313d;--focus:#7aa2ff;
        --create:#4cc38a;--update:#e0b040;--replace:#f59556;--delete:#ff8088;--adopt:#6cb3ff;--drift:#bd9bff;--unknown:#a4aebb;--quiet:#8f99a8;
        --pending:#e0b040;--refused:#f59556;--failed:#ff8088;--unchanged:#86a893;--shadow:0 1px 2px #0006}
        [data-tone=create]{--t:var(--create)}[data-tone=update]{--t:var(--update)}[data-tone=replace]{--t:var(--replace)}[data-tone=delete]{--t:var(--delete)}
        [data-tone=adopt]{--t:var(--adopt)}[data-tone=drift]{--t:var(--drift)}[data-tone=unknown]{--t:var(--unknown)}[data-tone=pending]{--t:var(--pending)}
        [data-tone=refused]{--t:var(--refused)}[data-tone=failed]{--t:var(--failed)}[data-tone=unchanged]{--t:var(--unchanged)}
        [data-tone=quiet],[data-tone=forget]{--t:var(--quiet)}

        """

    private static let layout = """
        *{box-sizing:border-box}
        html{scrollbar-gutter:stable}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        header.top,main,footer{max-width:1280px;margin:0 auto;padding:0 28px}
        button,input,select{font:inherit;color:inherit}
        :focus-visible{outline:2px solid var(--focus);outline-offset:2px}
        .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        .skip{position:absolute;left:-999px}.skip:focus{left:8px;top:8px;background:var(--card);padding:8px 12px;z-index:9}
        [hidden]{display:none!important}
        .mast{display:flex;justify-content:space-between;align-items:center;padding-top:22px}
        .brand{margin:0;color:var(--dim);font-weight:600;letter-spacing:.02em}
        .brand span{color:var(--focus);letter-spacing:-.28em;margin-right:.4em}
        h1{font-size:34px;line-height:1.2;margin:6px 0 4px;letter-spacing:-.02em;display:flex;flex-wrap:wrap;align-items:center;gap:14px;overflow-wrap:anywhere}
        .pill{font-size:14px;font-weight:650;letter-spacing:0;color:var(--t);background:color-mix(in srgb,var(--t) 13%,transparent);border-radius:99px;padding:4px 13px}
        .lead{font-size:17px;color:var(--dim);margin:0 0 16px}
        .facts{display:flex;flex-wrap:wrap;gap:6px 30px;margin:0 0 22px}
        .facts dt{font-size:12px;color:var(--dim)}
        .facts dd{margin:0;font-weight:550;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
        .plain{background:var(--card);border:1px solid var(--line);border-radius:9px;padding:6px 12px;cursor:pointer}
        .plain:hover{border-color:var(--dim)}
        #theme{width:36px;height:36px;padding:0;font-size:17px}
        .tiles{display:flex;flex-wrap:wrap;gap:10px;margin-bottom:14px}
        .tile{flex:1 1 116px;max-width:210px;display:grid;grid-template-columns:auto 1fr;align-items:center;gap:2px 9px;text-align:left;background:var(--card);border:1px solid var(--line);border-radius:13px;padding:12px 13px;cursor:pointer;box-shadow:var(--shadow)}
        .tile strong{font-size:23px;line-height:1.15;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
        .tile>span:last-child{grid-column:1/-1;color:var(--dim);font-size:13px}
        .tile:hover:enabled{border-color:var(--t)}
        .tile[aria-pressed=true]{border-color:var(--t);box-shadow:inset 0 0 0 1px var(--t)}
        .tile:disabled{cursor:default;background:transparent;box-shadow:none;color:var(--dim)}
        .tile:disabled .badge{--t:var(--quiet);opacity:.6}
        .badge{display:inline-grid;place-items:center;flex:none;width:24px;height:24px;border-radius:7px;font-weight:750;font-size:14px;line-height:1;color:var(--t);background:color-mix(in srgb,var(--t) 15%,transparent)}
        .hosts{list-style:none;display:flex;flex-wrap:wrap;gap:6px 10px;margin:0 0 16px;padding:0;font-size:13px}
        .hosts li{background:var(--card);border:1px solid var(--line);border-radius:99px;padding:3px 12px;color:var(--dim);overflow-wrap:anywhere}
        .dot{color:var(--t);font-weight:800;margin-right:7px}
        .tabs{display:flex;gap:4px;border-bottom:1px solid var(--line);margin-top:18px}
        .tabs button{background:none;border:0;border-bottom:2px solid transparent;margin-bottom:-1px;padding:9px 14px;color:var(--dim);font-weight:600;cursor:pointer}
        .tabs button[aria-selected=true]{color:var(--ink);border-color:var(--focus)}
        .count{font-size:12px;font-weight:600;color:var(--dim);background:color-mix(in srgb,var(--dim) 14%,transparent);border-radius:99px;padding:1px 8px;margin-left:4px;font-variant-numeric:tabular-nums}
        .remark,.none{color:var(--dim);padding:0 2px}
        footer{color:var(--dim);font-size:13px;padding-top:22px;padding-bottom:34px}
        .diagnostics{list-style:none;margin:14px 0;padding:0;display:grid;gap:10px}
        .diagnostics li{display:flex;gap:13px;background:var(--card);border:1px solid var(--line);border-radius:13px;padding:14px 16px}
        .diagnostics div{min-width:0}
        .diagnostics p{margin:0 0 4px;overflow-wrap:anywhere;white-space:pre-line}
        .dim{color:var(--dim);font-size:13px}
        code,pre{font:13px/1.5 ui-monospace,"SF Mono","Cascadia Mono",Menlo,"DejaVu Sans Mono",monospace}
        .diagnostics code{background:var(--raise);border:1px solid var(--line);border-radius:5px;padding:1px 6px}
        .diagnostics pre{margin:8px 0 2px;overflow:auto}

        """

    private static let table = """
        .bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:12px 0}
        #panel-objects .bar{position:sticky;top:0;z-index:3;background:var(--bg)}
        .search{flex:1 1 260px;position:relative}
        .search input{width:100%;padding-right:38px}
        .bar input,.bar select{background:var(--card);border:1px solid var(--line);border-radius:9px;padding:7px 11px;min-height:38px}.bar select{max-width:230px}
        .bar .plain{min-height:38px}
        kbd{position:absolute;right:10px;top:9px;font:600 12px/18px ui-monospace,monospace;color:var(--dim);border:1px solid var(--line);border-radius:5px;padding:0 6px}
        .search input:focus+kbd{display:none}
        #shown{color:var(--dim);font-size:13px;font-variant-numeric:tabular-nums;margin-left:auto}
        #table,.steps{width:100%;border-collapse:separate;border-spacing:0;table-layout:fixed;background:var(--card);border:1px solid var(--line);border-radius:13px;box-shadow:var(--shadow)}
        #table>thead th{position:sticky;top:62px;z-index:2;background:var(--raise);border-bottom:1px solid var(--line);text-align:left;padding:0}
        #table>thead th:first-child{border-top-left-radius:12px}#table>thead th:last-child{border-top-right-radius:12px}
        thead button{width:100%;background:none;border:0;text-align:left;font-size:12.5px;font-weight:600;color:var(--dim);padding:9px 12px;cursor:pointer}
        th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
        .c-action{width:112px}.c-cost{width:124px}.c-host{width:130px}.c-note{width:34%}
        tr.row>td{height:41px;padding:0 12px;border-top:1px solid var(--line);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
        tr.pad>td{padding:0;border:0}
        tr.row:hover>td{background:var(--raise)}
        tr.row.open>td{background:var(--raise)}
        .name{display:flex;align-items:center;gap:11px;width:100%;background:none;border:0;padding:0;text-align:left;cursor:pointer;height:40px}
        .name .what{overflow:hidden;text-overflow:ellipsis}
        .name .kind{color:var(--dim)}.name b{font-weight:620}
        .name::after{content:"";flex:none;margin-left:auto;width:7px;height:7px;border:solid var(--dim);border-width:0 2px 2px 0;transform:rotate(45deg) translate(-2px,-2px);opacity:.7}
        .name[aria-expanded=true]::after{transform:rotate(225deg) translate(-2px,-2px)}
        .chip{color:var(--t);font-weight:600;font-size:13.5px}
        .cost{font-size:13.5px;color:var(--dim)}.cost.hard{color:var(--delete);font-weight:600}.cost.mid{color:var(--update);font-weight:600}
        td.c-host,td.c-note{color:var(--dim);font-size:13.5px}
        tr.detail>td{padding:4px 16px 16px 47px;background:var(--raise)}
        .detail p{margin:6px 0;color:var(--dim);font-size:13.5px;overflow-wrap:anywhere;white-space:pre-line}
        .detail p.bad{color:var(--failed)}
        .fields{width:100%;border-collapse:collapse;font-size:13.5px;table-layout:fixed}.fields .wide{width:24%}.fields .value{width:80%}.fields .from{width:17%}
        .fields th{text-align:left;font-weight:600;color:var(--dim);font-size:12px;padding:6px 10px 4px 0;border-bottom:1px solid var(--line)}
        .fields td{padding:5px 10px 5px 0;vertical-align:top;border-bottom:1px solid color-mix(in srgb,var(--line) 60%,transparent);overflow-wrap:anywhere}
        .fields tr:last-child td{border-bottom:0}
        .fields td:first-child{font-weight:600}
        .fields del,.fields ins{display:block;text-decoration:none;max-height:240px;overflow:auto;white-space:pre-wrap;font:13px/1.5 ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace}
        .fields del::before{content:"− ";color:var(--delete);font-weight:700}.fields ins::before{content:"+ ";color:var(--create);font-weight:700}
        .fields .nil{color:var(--dim);font-style:italic}
        .links{display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin-top:8px;font-size:13px;color:var(--dim)}
        .links button{background:var(--card);border:1px solid var(--line);border-radius:7px;padding:1px 9px;cursor:pointer;max-width:100%;overflow:hidden;text-overflow:ellipsis}
        .links button:hover{border-color:var(--dim)}
        .steps{table-layout:auto;margin:14px 0;font-size:13.5px}
        .steps th,.steps td{text-align:left;padding:7px 12px;border-top:1px solid var(--line)}.steps thead th{border:0;color:var(--dim);font-size:12.5px}
        .steps td{overflow-wrap:anywhere}.steps .time{font-variant-numeric:tabular-nums;white-space:nowrap}.span{fill:var(--adopt)}

        """

    private static let graph = """
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:6px 16px;margin:0 auto 0 0;padding:0;font-size:13px;color:var(--dim)}
        .legend li{display:flex;align-items:center;gap:7px}.legend .badge{width:20px;height:20px;font-size:12px;border-radius:6px}
        .canvas{background:var(--card);border:1px solid var(--line);border-radius:13px;box-shadow:var(--shadow);overflow:auto;max-height:72vh;padding:8px}
        .canvas svg{display:block;margin:0 auto}
        .canvas.fit svg{width:100%;height:auto;max-height:68vh}
        .node{cursor:pointer;outline-offset:3px}
        .node .box{fill:color-mix(in srgb,var(--t) 8%,var(--card));stroke:var(--t);stroke-width:1.4}
        .node[data-tone=unchanged] .box{fill:var(--card);stroke:var(--line)}
        .node:hover .box,.node:focus-visible .box{stroke-width:2.4}
        .node .badge{fill:color-mix(in srgb,var(--t) 18%,transparent)}
        .node .sign{fill:var(--t);font-weight:750;font-size:14px}
        .node .name{fill:var(--ink);font-size:13px;font-weight:600}.node[data-tone=unchanged] .name{font-weight:500}
        .node .kind{fill:var(--dim);font-size:11px}
        .edge{fill:none;stroke:var(--line);stroke-width:1.5}
        .edge.hot{stroke:var(--dim);stroke-opacity:.75}
        #arrow path{fill:context-stroke}
        @media (max-width:820px){.c-note,.c-host{display:none}header.top,main,footer{padding:0 14px}h1{font-size:26px}tr.detail>td{padding-left:16px}}
        @media (prefers-reduced-motion:no-preference){.tile,.plain,.node .box{transition:border-color .12s,stroke-width .12s}}
        @media (forced-colors:active){.badge,.chip,.pill{border:1px solid}}
        @media print{body{background:#fff}.bar,.tabs,#theme,.skip{display:none!important}#table{box-shadow:none}#table>thead th{position:static}.canvas{max-height:none;overflow:visible}}

        """
}
