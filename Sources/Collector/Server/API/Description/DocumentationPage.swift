import JSON
import OpenSSL
import Signing

/// The API's document as one HTML page: no script, no outside file, a style whose hash the page's
/// policy names, so that nothing else in it can ever be obeyed.
struct DocumentationPage {
  /// The page of everything that this collector serves.
  static let whole = DocumentationPage(document: OpenAPIDocument.whole.json)

  /// The page as it is served.
  let content: KeptContent
  /// The `Content-Security-Policy` that it is served with.
  let policy: String

  init(document: JSONValue) {
    let style = Self.style
    let hash = (try? SHA256.digest(Array(style.utf8))).map { Base64.encode($0, .standard) } ?? ""
    policy = """
      default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; form-action 'none'; \
      frame-ancestors 'none'
      """
    var html = HTMLText()
    html.raw(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        + "<meta name=\"color-scheme\" content=\"light dark\">"
        + "<title>Upblit API</title><style>\(style)</style></head><body>")
    Self.write(document, to: &html)
    html.raw("</body></html>")
    content = KeptContent(html.bytes, type: "text/html; charset=utf-8")
  }

  private static func write(_ document: JSONValue, to html: inout HTMLText) {
    let operations = Self.operations(of: document)
    html.raw("<nav aria-label=\"Operations\"><h1>Upblit API</h1>")
    for tag in Operation.Tag.allCases {
      html.element("h2", tag.rawValue)
      html.raw("<ul>")
      for operation in operations where operation.tag == tag.rawValue {
        html.raw("<li>")
        html.link(
          to: "#" + operation.id, operation.json["summary"]?.stringValue ?? operation.id)
        html.raw("</li>")
      }
      html.raw("</ul>")
    }
    html.raw("</nav><main>")
    html.prose(document["info"]?["description"]?.stringValue ?? "")
    html.raw(
      "<p>The same for programs: <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>")
    for operation in operations { operation.write(to: &html) }
    html.raw("<section id=\"schemas\"><h2>Forms</h2>")
    if case .object(let schemas)? = document["components"]?["schemas"] {
      for schema in schemas.members {
        html.raw("<article id=\"schema-\(HTMLText.escaped(schema.name))\">")
        html.element("h3", schema.name)
        SchemaText(schema.value).write(to: &html)
        html.raw("</article>")
      }
    }
    html.raw("</section></main>")
  }

  private static func operations(of document: JSONValue) -> [OperationText] {
    guard case .object(let paths)? = document["paths"] else { return [] }
    return paths.members.flatMap { path -> [OperationText] in
      guard case .object(let methods) = path.value else { return [] }
      return methods.members.map {
        OperationText(method: $0.name.uppercased(), path: path.name, json: $0.value)
      }
    }
  }

  private static let style = """
    :root{color-scheme:light dark;--ink:light-dark(#1b1f24,#e4e7ea);--soft:light-dark(#57606a,#9aa4ae);\
    --line:light-dark(#d5dae0,#343b43);--paper:light-dark(#fff,#14171a);--code:light-dark(#f3f5f7,#1e2328);\
    --link:light-dark(#0b5cad,#7db8f5)}
    *{box-sizing:border-box}
    body{margin:0;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);\
    display:grid;grid-template-columns:17rem minmax(0,1fr)}
    nav{padding:1.5rem;border-right:1px solid var(--line);height:100vh;overflow:auto;position:sticky;top:0}
    nav h1{font-size:1.2rem;margin:0 0 1rem}
    nav h2{font-size:.8rem;text-transform:uppercase;letter-spacing:.05em;color:var(--soft);margin:1rem 0 .25rem}
    nav ul{list-style:none;margin:0;padding:0;font-size:.9rem}
    nav li{margin:.15rem 0}
    main{padding:1.5rem 2rem;max-width:60rem}
    article{border-top:1px solid var(--line);padding:1rem 0}
    article h3{margin:.25rem 0}
    article:target h3{text-decoration:underline}
    a{color:var(--link)}
    code,pre{font:.875rem/1.45 ui-monospace,monospace;background:var(--code);border-radius:4px}
    code{padding:.1em .3em}
    pre{padding:.75rem;overflow:auto}
    pre code{padding:0}
    table{border-collapse:collapse;width:100%;font-size:.9rem}
    th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line)}
    td:first-child,th:first-child{width:1%;padding-right:1.5rem}
    code{overflow-wrap:anywhere}
    @media(min-width:60rem){td:first-child code{white-space:nowrap}}
    .soft{color:var(--soft)}
    @media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0}}
    """
}
