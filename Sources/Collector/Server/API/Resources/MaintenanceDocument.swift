import JSON
import Model
import Postgres
import Store

/// What people send of a maintenance: `title`, `starts_at` (now where it is left out), `ends_at` or
/// `duration_s`, and either `monitors`, by their ids, or `all_monitors`.
enum MaintenanceDocument {
  /// Reads a new one; mistakes are noted in `reader`.
  static func readNew(_ reader: inout ObjectReader) -> MaintenanceWish? {
    reader.require("title")
    let wish = read(&reader)
    if wish.end == nil, !reader.has("ends_at"), !reader.has("duration_s") {
      reader.note(reader.child("ends_at"), "is required, or duration_s in its place")
    }
    if wish.scope == nil, !reader.has("monitors"), reader.bool("all_monitors") != true {
      reader.note(reader.child("monitors"), "is required, or all_monitors: true in its place")
    }
    return reader.errors.errors.isEmpty ? wish : nil
  }

  /// Reads what is to change of `record`; mistakes are noted in `reader`.
  static func readChange(
    _ reader: inout ObjectReader, of record: MaintenanceRecord
  ) -> MaintenanceWish? {
    let wish = read(&reader)
    if record.isForAll, reader.bool("all_monitors") == false, !reader.has("monitors") {
      reader.note(reader.child("monitors"), "is required where it is no longer for all")
    }
    return reader.errors.errors.isEmpty ? wish : nil
  }

  private static func read(_ reader: inout ObjectReader) -> MaintenanceWish {
    for name in ["title", "starts_at", "ends_at", "duration_s", "monitors", "all_monitors"]
    where reader.isNull(name) {
      reader.note(reader.child(name), "must not be null")
    }
    var wish = MaintenanceWish()
    wish.title = reader.string("title", bytes: 1...200)
    if let title = wish.title, title.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
      reader.note(reader.child("title"), "must not contain control characters")
    }
    wish.startsAt = time("starts_at", &reader)
    if let time = time("ends_at", &reader) { wish.end = .at(time) }
    if let seconds = reader.integer("duration_s", in: MaintenanceWish.seconds) {
      if reader.has("ends_at") {
        reader.note(reader.child("duration_s"), "stands beside ends_at; send one of them")
      }
      wish.end = .after(seconds: seconds)
    }
    let isForAll = reader.bool("all_monitors") == true
    if let monitors = monitors(&reader) {
      if isForAll {
        reader.note(reader.child("monitors"), "stands beside all_monitors: true; send one of them")
      }
      wish.scope = .monitors(monitors)
    } else if isForAll {
      wish.scope = .all
    }
    return wish
  }

  private static func time(_ name: String, _ reader: inout ObjectReader) -> Timestamp? {
    guard let text = reader.string(name, bytes: 1...64) else { return nil }
    guard let time = Timestamp(rfc3339: text) else {
      reader.note(reader.child(name), "must be a time such as 2026-01-31T12:00:00Z (RFC 3339)")
      return nil
    }
    return time
  }

  private static func monitors(_ reader: inout ObjectReader) -> [MonitorID]? {
    guard
      let texts = reader.strings("monitors", count: MaintenanceWish.mostMonitors, bytes: 1...64)
    else { return nil }
    let place = reader.child("monitors")
    if texts.isEmpty { reader.note(place, "must name a monitor") }
    var monitors: [MonitorID] = []
    for (index, text) in texts.enumerated() {
      let pointer = JSONPointer.child(String(index), of: place)
      guard let id = MonitorID(text) else {
        reader.note(pointer, "must be a monitor's id")
        continue
      }
      if monitors.contains(id) { reader.note(pointer, "names a monitor twice") }
      monitors.append(id)
    }
    return monitors
  }
}
