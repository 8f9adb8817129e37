/// The one stylesheet of all status pages, served at a path of its own so that the strictest
/// Content-Security-Policy holds.
public enum Stylesheet {
  /// `status-` and a hash of the content and `.css`: may be kept for ever.
  public static let name = "status-\(ContentHash.text(of: bytes)).css"

  /// The content, UTF-8.
  public static let bytes = Array(css.utf8)

  /// What a page's answer should say beside it.
  public static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    + "frame-ancestors 'none'"

  /// Text in the colours of states is at least 4.5:1 against its ground, shapes are at least 3:1, in
  /// both schemes. On narrow screens bars show the last 30 days, wide enough to be hit.
  private static let css = palette + own

  private static let own = """
    *{box-sizing:border-box}
    html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
    body{margin:0 auto;padding:0 1.25rem 3rem;max-width:56rem;background:var(--ground);\
    color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;\
    overflow-wrap:anywhere}
    h1,h2,h3,h4,p,ul,ol,dl,dd,figure{margin:0;padding:0}
    h1,.name{font-size:1.375rem;font-weight:650;letter-spacing:-.01em}
    h2{font-size:1.125rem;font-weight:650;margin:2.75rem 0 .875rem}
    h3,h4{font-size:1rem;font-weight:600;display:inline}
    ul,ol{list-style:none}
    a{color:inherit;text-underline-offset:.2em;text-decoration-thickness:.06em;\
    text-decoration-color:var(--soft)}
    h1 a,.name a,h3 a,h4 a{text-decoration:none}
    a:hover{text-decoration:underline}
    :focus-visible{outline:3px solid var(--m);outline-offset:3px;border-radius:4px}
    .v,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;\
    clip-path:inset(50%);white-space:nowrap}
    .skip{position:absolute;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:1}
    .top{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;justify-content:space-between;\
    align-items:baseline;padding:2.25rem 0 1.75rem}
    .what{color:var(--soft);font-weight:400}
    nav{display:flex;gap:1.25rem}
    nav a{padding:.25rem 0;font-size:.9375rem}
    .q,footer,.f{color:var(--soft);font-size:.875rem}
    .q .s{font-size:inherit}
    .banner .s{font-size:1rem}
    .q .s+span{margin-inline-start:.5rem}
    .about{margin-top:1.25rem;max-width:42rem;color:var(--soft)}
    .card,.banner{background:var(--card);border:1px solid var(--line);border-radius:14px;\
    padding:1.25rem 1.5rem;margin-bottom:1rem}
    .banner{display:flex;gap:1rem;align-items:center;padding:1.5rem;border-color:transparent}
    .banner h2{margin:0;font-size:1.5rem;line-height:1.25;letter-spacing:-.015em}
    .banner .i{width:2.75rem;height:2.75rem;display:block}
    .n-u{--c:var(--u);--b:var(--bu)}.n-d{--c:var(--d);--b:var(--bd)}.n-x{--c:var(--x);--b:var(--bx)}
    .n-m{--c:var(--m);--b:var(--bm)}.n-n{--c:var(--n);--b:var(--bn)}
    .banner{background:var(--b);border-color:var(--c)}
    article.card{border-inline-start:5px solid var(--c)}
    .c{padding:1.125rem 0;border-top:1px solid var(--line)}
    .l>.c:first-child{border-top:0}
    .card>.l{margin:-1.125rem 0}
    details.card>.l{margin:.25rem 0 -1.125rem}
    .r{display:flex;justify-content:space-between;align-items:baseline;gap:1rem}
    .r{margin-bottom:.5rem}
    .r+.q{margin:-.25rem 0 .5rem}
    summary{display:flex;align-items:center;gap:.75rem;cursor:pointer;min-height:1.75rem}
    summary .s{margin-inline-start:auto}
    summary::before{content:"";flex:none;width:.4rem;height:.4rem;margin-inline-start:.125rem;\
    border:solid var(--soft);border-width:0 2px 2px 0;transform:rotate(-45deg)}
    details[open]>summary::before{transform:rotate(45deg)}
    .more{font-size:.875rem;color:var(--soft);margin-top:.25rem}
    .more img{display:block;width:100%;height:auto;border-radius:8px;margin-top:.5rem}
    .more b{color:var(--ink);font-weight:600}
    summary::-webkit-details-marker{display:none}
    .w{overflow:hidden;margin-top:.625rem}
    .b{display:block;width:100%;height:2.625rem}
    .ru,.rn{fill:none;stroke-dasharray:.7 .3}
    .ru{stroke:var(--u);stroke-width:32}.rn{stroke:var(--n);stroke-width:5}
    .b a:hover,.b a:focus{opacity:.55}
    .b a:focus-visible{outline:none;opacity:1}
    .b a:focus-visible use{stroke:var(--ink);stroke-width:3px}
    #bd,#bx,#bm,#bn,#bu{vector-effect:non-scaling-stroke}
    .f{display:flex;justify-content:space-between;gap:.75rem;margin-top:.25rem}
    .f b{color:var(--ink);font-weight:500}
    .f>:first-child,.f>:last-child{flex:1}
    .f>:last-child{text-align:end}
    .ago{white-space:nowrap}
    .ago::before{content:"90 days ago"}
    .g{display:flex;flex-wrap:wrap;gap:.25rem 1.125rem;font-size:.875rem;margin-top:.5rem}
    .g li{display:flex;align-items:center;gap:.375rem;fill:currentcolor;color:var(--soft)}
    .g .i{width:.8125rem;height:.8125rem}
    .g .u .i{fill:var(--u)}.g .d{color:var(--td)}.g .d .i{fill:var(--d)}\
    .g .x{color:var(--tx)}.g .x .i{fill:var(--x)}.g .m{color:var(--tm)}.g .m .i{fill:var(--m)}
    .g.col{flex-direction:column;margin:0 0 .75rem}
    .key{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:-.375rem 0 1rem;\
    color:var(--soft);font-size:.8125rem}
    .key li{display:flex;align-items:center;gap:.4375rem}
    .key svg{width:.375rem;height:1.25rem}
    article .q{margin-top:.25rem}
    .t{margin-top:1rem;padding-top:1rem;border-top:1px solid var(--line)}
    .t li+li{margin-top:1rem}
    .t time{color:var(--soft);font-size:.875rem;margin-inline-start:.375rem}
    .body{white-space:pre-line;max-width:44rem}
    .day{border-top:1px solid var(--line);scroll-margin-top:1rem}
    .day:target h2{text-decoration:underline;text-underline-offset:.3em}
    .day h2{margin:1.25rem 0 .5rem;font-size:1rem}
    .day>.q{margin-bottom:1.25rem}
    .months{margin:.5rem 0 1.5rem}
    .four{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:1.25rem}
    .four dt{color:var(--soft);font-size:.875rem}
    .four dd b{display:block;font-size:1.5rem;font-weight:600;letter-spacing:-.02em;\
    font-variant-numeric:tabular-nums}
    .chart{display:block;width:100%;height:auto;font-size:12px}
    .chart text{fill:var(--soft)}
    .chart .axis{stroke:var(--line)}
    figcaption{margin:.5rem 0}
    table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums;\
    display:block;overflow-x:auto}
    th,td{text-align:start;font-weight:400;padding:.25rem 1.25rem .25rem 0;\
    border-bottom:1px solid var(--line);white-space:nowrap}
    thead th{font-weight:600}
    footer{margin-top:3.5rem;padding-top:1.25rem;border-top:1px solid var(--line)}
    footer p+p{margin-top:.5rem}
    @media(max-width:40rem){body{padding:0 1rem 2rem}.top{padding:1.5rem 0 1.25rem}\
    .card{padding:1rem 1.125rem}.banner{padding:1.125rem}.banner h2{font-size:1.25rem}\
    .banner .i{width:2.25rem;height:2.25rem}\
    .b{width:300%;margin-inline-start:-200%}.b .e{display:none}\
    .chart{font-size:17px;overflow:visible}.ago::before{content:"30 days ago"}}
    @media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
    @media(forced-colors:active){.u,.d,.x,.m,.n{fill:CanvasText}.ru,.rn{stroke:CanvasText}\
    .k{stroke:Canvas}.o{stroke:CanvasText}}
    @media print{body{max-width:none}.card,.banner{break-inside:avoid}}

    """

  /// The colours of both schemes, and how states are drawn: what the console has in common.
  package static let palette = """
    :root{color-scheme:light dark;--ground:#f7f7f5;--card:#fff;--ink:#16181b;--soft:#5a616a;\
    --line:#e4e4e0;--u:#1f9d61;--d:#c27803;--x:#d4373a;--m:#3b74d9;--n:#7d848c;\
    --tu:#137a49;--td:#8f5408;--tx:#b9262a;--tm:#2a62c5;--tn:#5a616a;\
    --bu:#eaf6ef;--bd:#fdf4e1;--bx:#fdecec;--bm:#eaf1fd;--bn:#f0f1f2}
    @media(prefers-color-scheme:dark){:root{--ground:#0e1012;--card:#16191c;--ink:#eceef0;\
    --soft:#a0a7b0;--line:#2a2e33;--u:#3cc487;--d:#e9a93a;--x:#f2666a;--m:#6ea2ff;--n:#717983;\
    --tu:#4bd497;--td:#f0b552;--tx:#ff8b8d;--tm:#8db6ff;--tn:#a0a7b0;\
    --bu:#10261c;--bd:#2b2110;--bx:#301618;--bm:#142035;--bn:#1b1f23}}
    .s{display:inline-flex;align-items:baseline;gap:.4375rem;font-size:.9375rem;font-weight:550;\
    white-space:nowrap}
    .i{width:1.0625rem;height:1.0625rem;flex:none;align-self:center}
    .k{fill:none;stroke:var(--card);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
    .o{fill:none;stroke:var(--n);stroke-width:2.2}
    .u{color:var(--tu);fill:var(--u)}.d{color:var(--td);fill:var(--d)}
    .x{color:var(--tx);fill:var(--x)}.m{color:var(--tm);fill:var(--m)}
    .n{color:var(--tn);fill:var(--n)}

    """
}
