import JSON

/// A schema of the document, for people.
struct SchemaText {
  private let schema: JSONValue

  init(_ schema: JSONValue) {
    self.schema = schema
  }

  /// The schema in a few words; what has a name is a link.
  func writeName(to html: inout HTMLText) {
    if let name = reference {
      html.link(to: "#schema-" + name, name)
      return
    }
    if let forms = forms {
      for (index, form) in forms.enumerated() {
        if index > 0 { html.raw(" or ") }
        SchemaText(form).writeName(to: &html)
      }
      return
    }
    if let items = schema["items"] {
      html.raw("list of ")
      SchemaText(items).writeName(to: &html)
      html.words(bounds("minItems", "maxItems"))
      return
    }
    html.words(kind)
  }

  /// The whole: its members, or its forms.
  func write(to html: inout HTMLText) {
    html.prose(schema["description"]?.stringValue ?? "")
    guard case .object(let members)? = schema["properties"] else {
      html.raw("<p>")
      writeName(to: &html)
      html.raw("</p>")
      return
    }
    let required = Set(schema["required"]?.elements.compactMap(\.stringValue) ?? [])
    html.raw("<table><thead><tr><th>Member</th><th>Form</th><th></th></tr></thead><tbody>")
    for member in members.members {
      html.raw("<tr><td>")
      html.element("code", member.name)
      if schema["additionalProperties"] == false, required.contains(member.name) {
        html.raw(" <span class=\"soft\">required</span>")
      }
      html.raw("</td><td>")
      SchemaText(member.value).writeName(to: &html)
      html.raw("</td><td>")
      html.inline(member.value["description"]?.stringValue ?? "")
      if let value = member.value["default"] { html.inline(" Default `\(value.text)`.") }
      html.raw("</td></tr>")
    }
    html.raw("</tbody></table>")
    for example in schema["examples"]?.elements ?? [] {
      html.raw("<pre><code>")
      html.words(example.indentedText)
      html.raw("</code></pre>")
    }
  }

  private var reference: String? {
    schema["$ref"]?.stringValue.flatMap { $0.split(separator: "/").last.map(String.init) }
  }

  private var forms: [JSONValue]? { schema["oneOf"]?.elements ?? schema["anyOf"]?.elements }

  /// `text, 1 to 200`, `whole number, 5 to 86400`, `"up" or "down"`.
  private var kind: String {
    if let word = schema["const"] { return word.text }
    if let words = schema["enum"]?.elements {
      return words.map(\.text).joined(separator: ", ")
    }
    let types =
      schema["type"]?.stringValue.map { [$0] }
      ?? schema["type"]?.elements.compactMap(\.stringValue) ?? []
    let words = types.map { type in
      switch type {
      case "string":
        (schema["format"]?.stringValue ?? "text") + bounds("minLength", "maxLength")
      case "integer": "whole number" + bounds("minimum", "maximum")
      case "boolean": "true or false"
      default: type
      }
    }
    return words.isEmpty ? "any value" : words.joined(separator: " or ")
  }

  private func bounds(_ least: String, _ most: String) -> String {
    switch (schema[least]?.integerValue, schema[most]?.integerValue) {
    case (let least?, let most?): ", \(least) to \(most)"
    case (nil, let most?): ", up to \(most)"
    case (let least?, nil): ", from \(least)"
    case (nil, nil): ""
    }
  }
}
