import Alerts
import JSON
import Model
import OpenSSL
import Postgres
import Store

/// What people send of a channel, and what they are told of one.
enum ChannelDocument {
  /// Reads a new one; mistakes are noted in `reader`.
  static func readNew(_ reader: inout ObjectReader) -> ChannelDraft? {
    for name in ["name", "kind", "settings"] { reader.require(name) }
    let name = name(&reader)
    let isEnabled = enabled(&reader) ?? true
    let sent = reader.value("settings")
    guard let kind = reader.word("kind", of: ChannelSchema.names).flatMap(ChannelKinds.named),
      let sent, let settings = settings(sent, of: kind, &reader), let name
    else { return nil }
    return ChannelDraft(name: name, settings: settings, enabled: isEnabled)
  }

  /// Takes over what is sent; mistakes are noted in `reader`.
  static func readChange(_ reader: inout ObjectReader, into draft: inout ChannelDraft) {
    for name in ["name", "settings"] where reader.isNull(name) {
      reader.note(reader.child(name), "must not be null")
    }
    if let name = name(&reader) { draft.name = name }
    if let isEnabled = enabled(&reader) { draft.enabled = isEnabled }
    guard let sent = reader.value("settings"), !sent.isNull,
      let kind = ChannelKinds.named(draft.settings.kind),
      let changed = settings(sent, of: kind, keeping: draft.settings, &reader)
    else { return }
    judge(changed, sent: sent, of: kind, was: draft.settings, &reader)
    draft.settings = changed
  }

  /// A secret goes to whom it was meant for: where another host is to hear it, it must be sent again, so
  /// that nobody learns by a change what they were never told.
  private static func judge(
    _ new: ChannelSettings, sent: JSONValue, of kind: any ChannelKind, was old: ChannelSettings,
    _ reader: inout ObjectReader
  ) {
    let moved = kind.settings.first { setting in
      switch setting.form {
      case .host, .url: new[setting.name] != old[setting.name]
      default: false
      }
    }
    guard let moved else { return }
    for setting in kind.settings
    where setting.isSecret && setting.name != moved.name && new[setting.name] != nil
      && sent[setting.name] == nil
    {
      reader.note(
        JSONPointer.child(setting.name, of: reader.child("settings")),
        "must be sent again, or be null, where \(moved.name) changes")
    }
  }

  private static func settings(
    _ sent: JSONValue, of kind: any ChannelKind, keeping old: ChannelSettings? = nil,
    _ reader: inout ObjectReader
  ) -> ChannelSettings? {
    do throws(FieldErrors) {
      return try kind.read(sent, keeping: old, at: reader.child("settings"))
    } catch {
      for one in error.errors { reader.note(one.pointer, one.detail) }
      return nil
    }
  }

  private static func enabled(_ reader: inout ObjectReader) -> Bool? {
    if reader.isNull("enabled") { reader.note(reader.child("enabled"), "must not be null") }
    return reader.bool("enabled")
  }

  /// A name of one line.
  static func name(_ reader: inout ObjectReader) -> String? {
    guard let name = reader.string("name", bytes: 1...200) else { return nil }
    if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      reader.note(reader.child("name"), "must not contain control characters")
    }
    return name
  }

  /// A channel as the API tells it: of its secrets the names alone.
  static func json(_ record: ChannelRecord) -> JSONValue {
    let settings = record.draft.settings
    return [
      "id": .string(record.id.description), "name": .string(record.draft.name),
      "kind": .string(settings.kind), "enabled": .bool(record.draft.enabled),
      "disabled_reason": .optional(record.disabledReason), "settings": settings.open,
      "secrets": .strings(settings.secretNames),
      "created_at": .string(record.createdAt.description),
      "updated_at": .string(record.updatedAt.description),
    ]
  }
}
