import JSON
import UpblitClient

/// Finds the one thing that a person means by an id, the beginning of one, or a name.
struct Finder<Item: IdentifiedResource> {
  let client: Session

  /// How many things are looked through; beyond them a whole id is needed.
  private static var searched: Int { 5000 }

  /// The thing's whole id. Throws where nothing fits, or more than one thing.
  func id(_ text: String) async throws(CLIError) -> String {
    if Self.isUUID(text) { return text }
    let items: [Item] = try await client.list(Item.path, limit: Self.searched)
    let named = items.filter { !$0.name.isEmpty && $0.name.utf8.elementsEqual(text.utf8) }
    let fitting =
      named.isEmpty && text.utf8.count >= 4 ? items.filter { $0.id.hasPrefix(text) } : named
    let shown = DisplayText.escaped(text)
    guard let first = fitting.first else {
      let guess =
        Suggestion.closest(to: text, among: items.map(\.name).filter { !$0.isEmpty })
        .map { "did you mean \"\(DisplayText.escaped($0))\"? " } ?? ""
      throw CLIError(
        .notFound,
        "there is no \(Item.word) called \"\(shown)\": \(guess)`upblit \(listCommand)` shows what "
          + "there is")
    }
    guard fitting.count == 1 else {
      throw CLIError(
        .notFound,
        "\"\(shown)\" fits \(fitting.count) \(Item.word)s: use the id, which `-o name` shows whole")
    }
    return first.id
  }

  private var listCommand: String {
    Item.self == EnrolmentToken.self ? "agent token list" : "\(Item.word) list"
  }

  private static func isUUID(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == 36
      && bytes.enumerated().allSatisfy { index, byte in
        [8, 13, 18, 23].contains(index)
          ? byte == UInt8(ascii: "-") : Character(Unicode.Scalar(byte)).isHexDigit
      }
  }
}
