/// What is to be measured, from the command line.
struct BenchOptions {
  var url = ""
  var count = 10_000
  var concurrency = 50
  var targets = 0
  var intervalMs = 0
  var caFile: String?

  /// - Returns: `nil` when an argument is not understood or the URL is missing.
  init?(_ arguments: [String]) {
    var rest = arguments.dropFirst()
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { return nil }
      switch name {
      case "--url": url = value
      case "--ca": caFile = value
      case "--count", "--concurrency", "--targets", "--interval-ms":
        guard let number = Int(value), number > 0 else { return nil }
        switch name {
        case "--count": count = number
        case "--concurrency": concurrency = number
        case "--targets": targets = number
        default: intervalMs = number
        }
      default: return nil
      }
    }
    if url.isEmpty { return nil }
    if targets == 0 { targets = concurrency }
  }

  /// The URL of one target: `%d` is its number.
  func url(of number: Int) -> String {
    guard let place = url.utf8.indices.first(where: { url.utf8[$0...].starts(with: "%d".utf8) })
    else { return url }
    let end = url.utf8.index(place, offsetBy: 2)
    return String(url[..<place]) + "\(number)" + String(url[end...])
  }
}
