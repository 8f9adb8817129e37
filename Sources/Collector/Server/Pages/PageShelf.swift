import FoundationEssentials
import Linux
import Pages
import Store

/// Pages as files, so that they outlive the process.
///
/// They hold what anybody may read; still they are the collector's alone.
struct PageShelf: Sendable {
  private let folder: String
  private static let mostBytes = 32 << 20

  /// - Parameter folder: is there already; pages are put into `pages` below it.
  init(folder: String) {
    self.folder = folder + "/pages"
  }

  /// Makes the folder. Throws `SystemError`.
  func open() throws(SystemError) {
    try Files.makeFolder(folder, mode: 0o700)
  }

  func put(_ page: ShelvedPage, slug: String) throws {
    guard let place = place(of: slug) else { return }
    try Files.overwrite(place, with: Array(JSONEncoder().encode(page)))
  }

  /// `nil` where there is none, and of what can't be read.
  func page(_ slug: String) -> ShelvedPage? {
    guard let place = place(of: slug),
      let bytes = try? Files.read(place, limit: Self.mostBytes)
    else { return nil }
    return try? JSONDecoder().decode(ShelvedPage.self, from: Data(bytes))
  }

  /// The page is no longer to be shown.
  func remove(_ slug: String) {
    guard let place = place(of: slug) else { return }
    try? Files.remove(place)
  }

  /// The pages that are kept, by their place in the address.
  var slugs: Set<String> {
    let names = (try? Files.names(in: folder)) ?? []
    return Set(
      names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
        .filter { Self.isSlug($0) })
  }

  private func place(of slug: String) -> String? {
    Self.isSlug(slug) ? "\(folder)/\(slug).json" : nil
  }

  /// Whether a page can be called so: small letters, digits and hyphens.
  static func isSlug(_ text: some StringProtocol) -> Bool {
    (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

/// What one file holds. An address may become another organization's while nobody looks.
struct ShelvedPage: Codable, Sendable {
  let page: StatusPage
  private let organizationID: Int32

  init(_ page: StatusPage, of organization: OrganizationID) {
    self.page = page
    organizationID = organization.rawValue
  }

  var organization: OrganizationID { OrganizationID(rawValue: organizationID) }
}
