import JSON

/// An operation of the document, for people.
struct OperationText {
  let method: String
  let path: String
  let json: JSONValue

  var id: String { json["operationId"]?.stringValue ?? "" }
  var tag: String { json["tags"]?.elements.first?.stringValue ?? "" }

  func write(to html: inout HTMLText) {
    html.raw("<article id=\"\(HTMLText.escaped(id))\"><h3>")
    html.link(to: "#" + id, json["summary"]?.stringValue ?? id)
    html.raw("</h3><p>")
    html.element("code", "\(method) \(path)")
    if let key = json["security"]?.elements.first?["key"] {
      html.raw(" <span class=\"soft\">")
      html.inline(key.elements.first?.stringValue.map { "needs `\($0)`" } ?? "needs any key")
      html.raw("</span>")
    }
    html.raw("</p>")
    html.prose(json["description"]?.stringValue ?? "")
    writeParameters(to: &html)
    if let schema = json["requestBody"]?["content"]?["application/json"]?["schema"] {
      html.raw("<p>Body: ")
      SchemaText(schema).writeName(to: &html)
      html.raw("</p>")
    }
    html.raw("<pre><code>")
    html.words(curl)
    html.raw("</code></pre>")
    writeAnswers(to: &html)
    html.raw("</article>")
  }

  private func writeParameters(to html: inout HTMLText) {
    guard let parameters = json["parameters"]?.elements, !parameters.isEmpty else { return }
    html.raw("<table><thead><tr><th>Parameter</th><th>Form</th><th></th></tr></thead><tbody>")
    for parameter in parameters {
      html.raw("<tr><td>")
      html.element("code", parameter["name"]?.stringValue ?? "")
      html.raw(" <span class=\"soft\">")
      html.words(parameter["in"]?.stringValue ?? "")
      html.raw("</span></td><td>")
      SchemaText(parameter["schema"] ?? .null).writeName(to: &html)
      html.raw("</td><td>")
      html.inline(parameter["description"]?.stringValue ?? "")
      html.raw("</td></tr>")
    }
    html.raw("</tbody></table>")
  }

  private func writeAnswers(to html: inout HTMLText) {
    guard case .object(let responses)? = json["responses"] else { return }
    html.raw("<table><thead><tr><th>Answer</th><th></th></tr></thead><tbody>")
    for response in responses.members {
      html.raw("<tr><td>")
      html.element("code", response.name)
      html.raw("</td><td>")
      if response.value["$ref"] != nil {
        html.raw("a ")
        html.link(to: "#schema-Problem", "Problem")
      } else {
        html.words(response.value["description"]?.stringValue ?? "")
        if case .object(let content)? = response.value["content"],
          let schema = content.members.first?.value["schema"]
        {
          html.raw(" ")
          SchemaText(schema).writeName(to: &html)
        }
      }
      html.raw("</td></tr>")
    }
    html.raw("</tbody></table>")
  }

  /// The operation as a command, with the first of its examples.
  private var curl: String {
    var path = path
    if let brace = path.firstIndex(of: "{"), let end = path.firstIndex(of: "}") {
      path.replaceSubrange(brace...end, with: "$ID")
    }
    var lines = ["curl \"$UPBLIT_SERVER\(path)\""]
    if method != "GET" { lines[0] = "curl -X \(method) \"$UPBLIT_SERVER\(path)\"" }
    if json["security"]?.elements.isEmpty == false {
      lines.append("  -H \"Authorization: Bearer $UPBLIT_TOKEN\"")
    }
    let content = json["requestBody"]?["content"]?["application/json"]
    if case .object(let examples)? = content?["examples"],
      let body = examples.members.first?.value["value"]
    {
      lines.append("  -H 'Content-Type: application/json'")
      // An apostrophe ends the shell's text, stands for itself, and begins it again.
      let text = body.text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''")
      lines.append("  -d '\(text)'")
    }
    return lines.joined(separator: " \\\n")
  }
}
