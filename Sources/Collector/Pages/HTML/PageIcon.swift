/// The picture beside a page's title in the browser's tab: it tells the page's state from there.
public enum PageIcon {
  /// All of them, by the names under which pages ask for them in `PageAddress.assets`. A name holds a
  /// hash of the content, so each may be kept for ever.
  public static let files: [(name: String, bytes: [UInt8])] = ComponentState.allCases.map { state in
    let bytes = svg(state)
    return ("icon-\(ContentHash.text(of: bytes)).svg", bytes)
  }

  static func name(_ state: ComponentState) -> String { files[Int(state.rawValue)].name }

  /// The state's shape in a colour that is seen on light and dark tabs.
  private static func svg(_ state: ComponentState) -> [UInt8] {
    var writer = MarkupWriter(capacity: 256)
    writer.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 20 20\" fill=\"")
    writer.raw(state.colour.hexadecimal)
    writer.raw("\">")
    writer.raw(shape(state))
    writer.raw("</svg>\n")
    return writer.bytes
  }

  private static func shape(_ state: ComponentState) -> StaticString {
    switch state {
    case .up:
      """
      <circle cx="10" cy="10" r="9"/>\
      <path fill="none" stroke="#fff" stroke-width="2" d="M6 10.3l2.7 2.7L14 7.4"/>
      """
    case .degraded:
      """
      <path d="M10 1.5 19.4 18H.6z"/>\
      <path stroke="#fff" stroke-width="2" d="M10 7.5v4.6m0 2v1.6"/>
      """
    case .down:
      """
      <rect x="1" y="1" width="18" height="18" rx="5"/>\
      <path stroke="#fff" stroke-width="2" d="M6.8 6.8l6.4 6.4m0-6.4l-6.4 6.4"/>
      """
    case .maintenance:
      """
      <path d="M10 .6 19.4 10 10 19.4.6 10z"/>\
      <path stroke="#fff" stroke-width="2" d="M10 6v5m0 1.9v1.6"/>
      """
    case .noData:
      """
      <circle cx="10" cy="10" r="9"/><path stroke="#fff" stroke-width="2" d="M6 10h8"/>
      """
    }
  }
}
