import JSON
import Pages

/// Making or changing a channel, by what its kind declares.
public struct ChannelFormView: Sendable {
  public var frame: ConsoleFrame
  public var form: ChannelForm
  /// All kinds that a new one may be of.
  public var kinds: [ChannelForm]
  public var fields: FormFields
  public var errors = FormErrors()
  /// The channel that is changed; `nil` of a new one.
  public var id: String?
  /// The version that the form was made of.
  public var version = ""
  /// The secrets that the channel has.
  public var secrets: Set<String> = []

  public init(
    frame: ConsoleFrame, form: ChannelForm, kinds: [ChannelForm], fields: FormFields,
    id: String? = nil
  ) {
    self.frame = frame
    self.form = form
    self.kinds = kinds
    self.fields = fields
    self.id = id
  }

  public func bytes() -> [UInt8] {
    frame.document(title: id == nil ? "New channel" : "Change the channel") { writer in
      writer.heading(id == nil ? "New channel" : "Change the channel")
      if id == nil { tabs(&writer) }
      writer.summary(
        errors,
        labels: [("name", "Name")]
          + form.settings.map { (ChannelForm.field($0), ChannelForm.label($0)) })
      writer.form(
        id.map { "/channels/\($0)/edit" } ?? "/channels/new", frame, marks: " class=\"card alone\"")
      writer.hidden("kind", form.name)
      writer.hidden("version", version)
      writer.raw("<p class=\"q\">")
      writer.text(form.summary)
      writer.raw("</p><br>\n")
      field(
        Field(
          name: "name", label: "Name", hint: "What your team calls it.",
          isFirst: id == nil && errors.isEmpty), &writer)
      for setting in form.settings { write(setting, &writer) }
      writer.raw("<div class=\"send\"><button class=\"main\">")
      writer.raw(id == nil ? "Make the channel" : "Save the changes")
      writer.raw("</button><a href=\"")
      writer.text(id.map { "/channels/\($0)" } ?? "/channels")
      writer.raw("\">Cancel</a></div></form>\n")
    }
  }

  private func tabs(_ writer: inout MarkupWriter) {
    writer.raw("<nav aria-label=\"Kind of channel\"><ul class=\"tabs\">")
    for other in kinds {
      writer.raw("<li><a href=\"/channels/new?kind=")
      writer.text(other.name)
      writer.raw(other.name == form.name ? "\" aria-current=\"page\">" : "\">")
      writer.text(other.title)
      writer.raw("</a></li>")
    }
    writer.raw("</ul></nav>\n")
  }

  private func field(_ field: Field, _ writer: inout MarkupWriter) {
    var field = field
    field.value = fields[field.name]
    field.errors = errors.byField[field.name] ?? []
    field.write(into: &writer)
  }

  private func write(_ setting: ChannelForm.Setting, _ writer: inout MarkupWriter) {
    let isSet = setting.isSecret && secrets.contains(setting.name)
    var hint = setting.help
    if setting.isList { hint += " A line each." }
    if setting.form != "word", setting.form != "flag", setting.standard.isNull,
      !setting.isSecret, !setting.example.isEmpty
    {
      hint += " Such as \(setting.example.replacing("\n", with: ", "))."
    }
    if isSet {
      hint += " It is set, and stays so where this is left empty, unless its address changes."
    }
    field(
      Field(
        name: ChannelForm.field(setting), label: ChannelForm.label(setting),
        kind: kind(of: setting),
        hint: hint, isOptional: !setting.isRequired && setting.standard.isNull,
        autocomplete: setting.isSecret ? "new-password" : "off",
        isNumber: setting.form == "integer"), &writer)
    guard isSet, !setting.isRequired else { return }
    let removal = ChannelForm.removal(setting)
    writer.raw("<div class=\"field ticks\"><label><input type=\"checkbox\" name=\"")
    writer.text(removal)
    writer.raw(fields[removal].isEmpty ? "\" value=\"true\">" : "\" value=\"true\" checked>")
    writer.text("Take the \(ChannelForm.label(setting).lowercased()) away")
    writer.raw("</label></div>\n")
  }

  private func kind(of setting: ChannelForm.Setting) -> Field.Kind {
    // One may be none where nothing is taken for it.
    let none = setting.standard.isNull ? [(value: "", words: "Not said")] : []
    switch setting.form {
    case "word": return .choice(none + setting.words.map { ($0, $0) })
    case "flag": return .choice(none + [("true", "Yes"), ("false", "No")])
    default: break
    }
    if setting.isList { return setting.isSecret ? .secretArea(rows: 3) : .area(rows: 3) }
    return setting.isSecret ? .secret : .text
  }
}
