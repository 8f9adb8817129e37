import Pages

/// One field of a form, with its label, its hint, and what is wrong with it.
struct Field {
  enum Kind {
    case text
    case email
    case password
    /// A key or an address that others are not to read over a shoulder. It is sent back with the form
    /// that it was typed into, so that a mistake elsewhere loses nothing.
    case secret
    case area(rows: Int)
    /// Several such, a line each.
    case secretArea(rows: Int)
    case choice([(value: String, words: String)])
  }

  var name: String
  var label: String
  var kind = Kind.text
  var hint = ""
  var value = ""
  var errors: [String] = []
  var isOptional = false
  /// What browsers may fill in (WCAG 2.2, 1.3.5).
  var autocomplete = "off"
  /// Digits alone are expected.
  var isNumber = false
  /// Where the cursor is when the page opens.
  var isFirst = false
  /// Takes what stands behind the number sign of the address.
  var takesFragment = false

  func write(into writer: inout MarkupWriter) {
    writer.raw("<div class=\"field\"><label for=\"f-")
    writer.text(name)
    writer.raw("\">")
    writer.text(label)
    if isOptional { writer.raw(" <span class=\"opt\">optional</span>") }
    writer.raw("</label>\n")
    if !hint.isEmpty {
      writer.raw("<p class=\"hint\" id=\"h-")
      writer.text(name)
      writer.raw("\">")
      writer.text(hint)
      writer.raw("</p>\n")
    }
    control(&writer)
    if !errors.isEmpty {
      writer.raw("<p class=\"wrong\" id=\"e-")
      writer.text(name)
      writer.raw("\">")
      writer.icon(.down)
      writer.raw("<span>")
      writer.text(label)
      writer.raw(" ")
      writer.text(errors.joined(separator: "; "))
      writer.raw("</span></p>\n")
    }
    writer.raw("</div>\n")
  }

  private func control(_ writer: inout MarkupWriter) {
    switch kind {
    case .area(let rows), .secretArea(let rows):
      writer.raw("<textarea rows=\"")
      writer.number(rows)
      writer.raw("\"")
      attributes(&writer)
      // A first line feed belongs to the markup.
      writer.raw(">\n")
      writer.text(value)
      writer.raw("</textarea>\n")
    case .choice(let options):
      writer.raw("<select")
      attributes(&writer)
      writer.raw(">")
      for option in options {
        writer.raw("<option value=\"")
        writer.text(option.value)
        writer.raw(option.value == value ? "\" selected>" : "\">")
        writer.plain(option.words)
        writer.raw("</option>")
      }
      writer.raw("</select>\n")
    case .text, .email, .password, .secret:
      writer.raw("<input type=\"")
      switch kind {
      case .email: writer.raw("email")
      case .password, .secret: writer.raw("password")
      default: writer.raw("text")
      }
      writer.raw("\"")
      attributes(&writer)
      if case .password = kind {
        // It is never sent back.
      } else {
        writer.raw(" value=\"")
        writer.text(value)
        writer.raw("\"")
      }
      writer.raw(">\n")
    }
  }

  private func attributes(_ writer: inout MarkupWriter) {
    writer.raw(" id=\"f-")
    writer.text(name)
    writer.raw("\" name=\"")
    writer.text(name)
    writer.raw("\" autocomplete=\"")
    writer.text(autocomplete)
    writer.raw("\"")
    if isNumber { writer.raw(" inputmode=\"numeric\"") }
    if isFirst { writer.raw(" autofocus") }
    if takesFragment { writer.raw(" data-fragment") }
    if case .text = kind { writer.raw(" spellcheck=\"false\" dir=\"auto\"") }
    if case .area = kind { writer.raw(" dir=\"auto\"") }
    if case .secretArea = kind { writer.raw(" class=\"masked\" spellcheck=\"false\"") }
    if !errors.isEmpty { writer.raw(" aria-invalid=\"true\"") }
    guard !hint.isEmpty || !errors.isEmpty else { return }
    writer.raw(" aria-describedby=\"")
    if !hint.isEmpty {
      writer.raw("h-")
      writer.text(name)
    }
    if !errors.isEmpty {
      writer.raw(hint.isEmpty ? "e-" : " e-")
      writer.text(name)
    }
    writer.raw("\"")
  }
}

extension MarkupWriter {
  /// What is wrong with a form as a whole, above it; each sentence about a field leads there.
  mutating func summary(_ errors: FormErrors, labels: [(name: String, label: String)]) {
    guard !errors.isEmpty else { return }
    raw("<div class=\"alert\" role=\"alert\">")
    icon(.down)
    raw("<ul>")
    for sentence in errors.general {
      raw("<li>")
      text(sentence)
      raw("</li>")
    }
    for (name, label) in labels {
      guard let details = errors.byField[name] else { continue }
      raw("<li><a href=\"#f-")
      text(name)
      raw("\">")
      text(label)
      raw(" ")
      text(details.joined(separator: "; "))
      raw("</a></li>")
    }
    raw("</ul></div>\n")
  }

  mutating func hidden(_ name: StaticString, _ value: String) {
    raw("<input type=\"hidden\" name=\"")
    raw(name)
    raw("\" value=\"")
    text(value)
    raw("\">")
  }
}
