import Pages

/// The console's one stylesheet: the colours and marks of the status page, in a denser dress.
public enum ConsoleStylesheet {
  /// `console-` and a hash of the content and `.css`: may be kept for ever.
  public static let name = "console-\(ContentHash.text(of: bytes)).css"

  /// The content, UTF-8.
  public static let bytes = Array(css.utf8)

  /// What a page's answer should say beside it.
  public static let contentSecurityPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

  /// The picture in a browser's tab.
  public static let icon = Array(
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect width="20" height="20" rx="5" \
    fill="#1f9d61"/><path fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" \
    stroke-linejoin="round" d="M3 11h3l2-5 4 9 2-4h3"/></svg>
    """.utf8)

  private static let css =
    Stylesheet.palette + """
      *{box-sizing:border-box}
      html{-webkit-text-size-adjust:100%}
      body{margin:0;background:var(--ground);color:var(--ink);overflow-wrap:anywhere;\
      font:.9375rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
      h1,h2,h3,p,ul,ol,dl,dd,figure,fieldset,legend{margin:0;padding:0}
      h1{font-size:1.375rem;font-weight:650;letter-spacing:-.015em;line-height:1.25}
      h2{font-size:1rem;font-weight:650;margin:2rem 0 .75rem}
      h3{font-size:.9375rem;font-weight:600}
      ul,ol{list-style:none}
      fieldset{border:0;min-width:0}
      a{color:inherit;text-underline-offset:.2em;text-decoration-thickness:.06em;\
      text-decoration-color:var(--soft)}
      a:hover{text-decoration-thickness:.12em}
      :focus-visible{outline:3px solid var(--m);outline-offset:2px;border-radius:4px}
      .v,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;\
      clip-path:inset(50%);white-space:nowrap}
      .skip{position:absolute;top:.5rem;inset-inline-start:.5rem;background:var(--card);\
      padding:.5rem 1rem;z-index:2}
      .top{background:var(--card);border-bottom:1px solid var(--line)}
      .bar{max-width:72rem;margin:0 auto;padding:0 1.5rem;display:flex;align-items:center;\
      gap:0 1.75rem;min-height:3.25rem}
      .brand{display:flex;align-items:center;gap:.5rem;font-weight:700;letter-spacing:-.01em;\
      text-decoration:none;font-size:1.0625rem}
      .mark{width:1.375rem;height:1.375rem;fill:none;stroke:var(--u);stroke-width:2.2;\
      stroke-linecap:round;stroke-linejoin:round}
      nav ul{display:flex;gap:.25rem}
      nav a{display:block;white-space:nowrap;padding:.875rem .625rem;text-decoration:none;color:var(--soft);\
      border-bottom:2px solid transparent;margin-bottom:-1px}
      nav a:hover{color:var(--ink)}
      nav a[aria-current]{color:var(--ink);font-weight:600;border-color:var(--u)}
      .who{display:flex;align-items:center;gap:1rem;margin-inline-start:auto;color:var(--soft);\
      font-size:.875rem;position:relative}
      .org summary{cursor:pointer;padding:.25rem 0}
      .org form{position:absolute;inset-inline-end:0;top:2rem;z-index:1;background:var(--card);\
      border:1px solid var(--line);border-radius:10px;padding:.375rem;min-width:12rem;\
      box-shadow:0 8px 24px #0003}
      .org form button{width:100%;text-align:start;padding:.375rem .625rem}
      .org [aria-current]{font-weight:650;color:var(--ink)}
      main{max-width:72rem;margin:0 auto;padding:1.75rem 1.5rem 4rem}
      .narrow{max-width:28rem;padding-top:3.5rem}
      .head{display:flex;flex-wrap:wrap;align-items:center;gap:.75rem 1.5rem;\
      justify-content:space-between;margin-bottom:1.25rem}
      .acts{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
      .one{display:inline}
      button,.act{display:inline-flex;align-items:center;min-height:2.125rem;padding:.25rem .875rem;\
      border:1px solid var(--edge);border-radius:8px;background:var(--card);color:var(--ink);\
      font:inherit;font-size:.875rem;font-weight:550;text-decoration:none;cursor:pointer}
      button:hover,.act:hover{border-color:var(--soft)}
      .main{background:var(--go);border-color:var(--go);color:#fff}
      .main:hover{border-color:var(--go);filter:brightness(1.08)}
      .bad{color:var(--tx)}
      .plain{border:0;background:none;padding:.25rem 0;color:inherit;font-weight:400;min-height:1.5rem}
      .plain:hover{text-decoration:underline}
      .card{background:var(--card);border:1px solid var(--line);border-radius:12px;\
      padding:1rem 1.25rem;margin-bottom:1rem}
      .n-u{--c:var(--u);--b:var(--bu)}.n-d{--c:var(--d);--b:var(--bd)}.n-x{--c:var(--x);--b:var(--bx)}
      .n-m{--c:var(--m);--b:var(--bm)}.n-n{--c:var(--n);--b:var(--bn)}
      .banner{display:flex;gap:.875rem;align-items:center;background:var(--b);\
      border:1px solid var(--c);border-radius:12px;padding:1rem 1.25rem;margin-bottom:1rem}
      .banner>span{display:flex}.banner .i{width:2rem;height:2rem}
      .banner h1,.banner h2{margin:0;font-size:1.25rem;letter-spacing:-.01em;font-weight:650}
      .banner p{color:var(--soft);font-size:.875rem}
      .counts{display:flex;flex-wrap:wrap;gap:.375rem 1.5rem;font-size:.875rem;color:var(--soft);\
      margin-bottom:.5rem}
      .counts b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
      .counts a{text-decoration:none}.counts a:hover{text-decoration:underline}
      .rows{background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
      .rows>li{display:grid;grid-template-columns:10.5rem minmax(0,1fr) auto;gap:.125rem 1rem;\
      align-items:center;padding:.5rem 1.25rem;border-top:1px solid var(--line);min-height:3.25rem}
      .rows>li:first-child{border-top:0}
      .rows .s{font-size:.875rem}
      .name{font-weight:600}.name a{text-decoration:none}.name a:hover{text-decoration:underline}
      .rows .end{text-align:end;color:var(--soft);font-size:.8125rem;\
      font-variant-numeric:tabular-nums}
      .q,.age{color:var(--soft);font-size:.8125rem}
      .tag{display:inline-block;border:1px solid var(--line);border-radius:6px;padding:0 .375rem;\
      font-size:.75rem;font-weight:400;color:var(--soft);margin-inline-start:.25rem}
      .none{color:var(--soft);padding:1.5rem 1.25rem;background:var(--card);\
      border:1px dashed var(--edge);border-radius:12px}
      .pages{margin-top:1rem}
      .find{display:flex;flex-wrap:wrap;gap:.625rem;align-items:end;margin-bottom:1rem}
      .find .field{margin:0}
      .find input{width:16rem}.find select{width:11rem}
      .field{margin-bottom:1rem}
      label,legend{display:block;font-weight:600;font-size:.875rem;margin-bottom:.25rem}
      .opt{font-weight:400;color:var(--soft);font-size:.8125rem}
      .hint{color:var(--soft);font-size:.8125rem;margin:-.125rem 0 .25rem}
      input[type=text],input[type=email],input[type=password],input[type=search],select,textarea{\
      width:100%;min-height:2.25rem;padding:.375rem .625rem;border:1px solid var(--edge);\
      border-radius:8px;background:var(--card);color:var(--ink);font:inherit}
      textarea{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.8125rem;\
      resize:vertical}
      [aria-invalid]{border-color:var(--x)!important;border-width:2px!important}
      .wrong{display:flex;gap:.375rem;color:var(--tx);fill:var(--x);font-size:.8125rem;\
      margin-top:.25rem;align-items:start}
      .wrong .i{width:.875rem;height:.875rem;align-self:start;margin-top:.1875rem}
      .alert{display:flex;gap:.75rem;background:var(--bx);border:1px solid var(--x);fill:var(--x);\
      border-radius:10px;padding:.75rem 1rem;margin-bottom:1rem;font-size:.875rem}
      .alert .i{align-self:start;margin-top:.125rem}
      .alert.n-d{background:var(--b);border-color:var(--c);fill:var(--c)}
      .two{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,1fr);gap:0 2rem}
      .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem}
      .masked{-webkit-text-security:disc}
      .alone{max-width:46rem}
      .card>h2:first-child{margin-top:0}p.more{margin-bottom:1rem}
      .tabs{display:flex;flex-wrap:wrap;gap:.25rem;margin-bottom:1.25rem;\
      border-bottom:1px solid var(--line)}
      .tabs a{padding:.5rem .75rem;text-decoration:none;color:var(--soft);\
      border-bottom:2px solid transparent;margin-bottom:-1px}
      .tabs a[aria-current]{color:var(--ink);font-weight:600;border-color:var(--u)}
      .ticks{display:flex;flex-wrap:wrap;gap:.375rem 1.25rem}
      .ticks label{display:flex;align-items:center;gap:.375rem;font-weight:400;margin:0;\
      min-height:1.5rem}
      input[type=checkbox]{width:1.125rem;height:1.125rem;margin:0;accent-color:var(--go)}
      .send{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:1.25rem;align-items:center}
      .facts{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1.25rem;font-size:.875rem}
      .facts dt{color:var(--soft)}
      .wrap{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}
      table{border-collapse:collapse;width:100%;font-size:.875rem;\
      font-variant-numeric:tabular-nums}
      th,td{text-align:start;font-weight:400;padding:.5rem 1.25rem;border-top:1px solid var(--line);\
      vertical-align:top}
      thead th{border-top:0;color:var(--soft);font-size:.8125rem}
      tbody th{font-weight:600;white-space:nowrap}
      tbody p{font-size:.8125rem}
      .num{text-align:end;white-space:nowrap}
      .scroll{overflow-x:auto}.chart{display:block;width:100%;min-width:34rem;max-width:60rem;height:auto;\
      font-size:10px;margin:0 auto}
      .chart text{fill:var(--soft)}.chart .axis{stroke:var(--line)}
      .more{font-size:.875rem;color:var(--soft);margin-top:.75rem}
      summary{cursor:pointer}
      .line{border-inline-start:2px solid var(--line);margin-inline-start:.5rem}
      .line>li{position:relative;padding:0 0 1.125rem 1.5rem}
      .line>li>.i{position:absolute;inset-inline-start:-.5625rem;top:.1875rem;background:var(--ground);\
      border-radius:50%;outline:3px solid var(--ground)}
      .line p{font-size:.875rem}
      .body{white-space:pre-line;max-width:44rem}
      pre,code{font-family:ui-monospace,"SF Mono",Menlo,Consolas,monospace;font-size:.8125rem}
      pre{margin:.5rem 0;padding:.75rem 1rem;background:var(--bn);border-radius:8px;overflow-x:auto;\
      white-space:pre-wrap;overflow-wrap:anywhere}
      @media(max-width:44rem){.bar{flex-wrap:wrap;padding:.5rem 1rem 0;min-height:0}\
      nav{order:1;width:100%;overflow-x:auto}nav ul{gap:0;justify-content:space-between}\
      nav a{padding:.5rem .375rem .625rem;font-size:.8125rem}\
      main{padding:1.25rem 1rem 3rem}.narrow{padding-top:1.5rem}.two,.pair{grid-template-columns:1fr}\
      .rows>li{grid-template-columns:minmax(0,1fr) auto;padding:.625rem 1rem}\
      .rows>li>:nth-child(2){grid-row:1;grid-column:1}.rows>li>:first-child{grid-row:2;grid-column:1}\
      .rows>li>.end{grid-row:1/3;grid-column:2}\
      .told>li{grid-template-columns:minmax(0,1fr)}\
      .told>li>.end{grid-row:3;grid-column:1;text-align:start}\
      .find .field{flex:1 1 9rem}.find input,.find select{width:100%}\
      .stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\
      .stack tr{display:block;border-top:1px solid var(--line);padding:.625rem 1rem}\
      .stack tbody tr:first-child{border-top:0}\
      .stack td,.stack th{display:block;border:0;padding:0;text-align:start}\
      .stack td[data-name]::before{content:attr(data-name) " ";color:var(--soft)}}
      @media(forced-colors:active){.u,.d,.x,.m,.n{fill:CanvasText}.k{stroke:Canvas}.o{stroke:CanvasText}}
      :root{--edge:#8b9098;--go:#137a49}
      @media(prefers-color-scheme:dark){:root{--edge:#646b75;--go:#17784a}}

      """
}
