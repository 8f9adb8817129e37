/// The head of an answer as evidence: its lines with what may be secret masked, and those that name
/// the edge which answered.
///
/// The target chose every byte of it, and it may be cut off anywhere.
public struct HeadExcerpt: Hashable, Sendable {
  /// The status line and the headers, in their order, each ended by LF.
  public private(set) var headers: [UInt8] = []
  /// `name: value` of the headers in `edgeNames`, in their order, each ended by LF.
  public private(set) var presence: [UInt8] = []

  /// Headers by which proxies and delivery networks say which of their places answered.
  public static let edgeNames = [
    "cf-ray", "fly-request-id", "server-timing", "via", "x-amz-cf-pop", "x-azure-ref", "x-cache",
    "x-edge-location", "x-served-by", "x-vercel-id",
  ]

  private static let edges = Set(edgeNames.map { Array($0.utf8) })

  /// - Parameters:
  ///   - head: lines as they came.
  ///   - isCut: whether the last line may go on behind what is here.
  public init(_ head: some Collection<UInt8>, isCut: Bool) {
    // A CR alone ends a line too: to some reader it does, and behind it a secret's name may stand.
    let lines = Array(head).split { $0 == 10 || $0 == 13 }
    var isHidden = false
    for (index, line) in lines.enumerated() {
      if index == 0, line.starts(with: "HTTP/".utf8) {
        append(line)
        continue
      }
      if line.first == 0x20 || line.first == 9 {
        // A folded line belongs to the header above it (RFC 9112 section 5.2).
        if !isHidden { append(line) }
        continue
      }
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
        isHidden = true
        // Cut off within its name, it can't be judged.
        if !isCut || index < lines.count - 1 { append(masking: []) }
        continue
      }
      let name = line[..<colon]
      isHidden = SecretMask.hides(headerName: name)
      if isHidden {
        append(masking: line[...colon])
      } else {
        append(line)
        note(name, line[(colon + 1)...])
      }
    }
  }

  private mutating func append(_ line: ArraySlice<UInt8>) {
    var text: [UInt8] = []
    SecretMask.append(line, to: &text)
    add(text)
  }

  /// Appends what comes before a hidden value, and the mask.
  private mutating func append(masking start: ArraySlice<UInt8>) {
    add((start.isEmpty ? [] : start + [0x20]) + SecretMask.mask)
  }

  private mutating func add(_ line: some Collection<UInt8>) {
    // Masks may have made it longer.
    guard headers.count + line.count < ProbeEvidence.headLimit else { return }
    headers += line
    headers.append(10)
  }

  private mutating func note(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
    let name = name.map { SecretMask.lowercased($0) }
    guard Self.edges.contains(name) else { return }
    var line = name + [UInt8(ascii: ":"), 0x20]
    SecretMask.append(value.drop { $0 == 0x20 || $0 == 9 }, to: &line)
    guard presence.count + line.count < ProbeEvidence.presenceLimit else { return }
    presence += line
    presence.append(10)
  }
}
