import AgentCore
import Zlib

/// Decodes the body of one answer, and sees whether it ends as it should and stays in proportion.
final class BodyDecoder {
  /// A body that decodes to more than this, and to more than `bombRatio` times what was read for it,
  /// is a bomb. Plain text seldom shrinks to a thirtieth; gzip can't do better than a thousandth.
  static let bombBytes: UInt64 = 1 << 20
  static let bombRatio: UInt64 = 200

  /// What an answer's `Content-Encoding` asks for.
  enum Coding: Equatable {
    case identity, gzip, deflate
    case unknown(String)

    /// - Parameter text: the header's value; `nil` where there is none.
    init(_ text: String?) {
      switch text?.lowercased() {
      case nil, "", "identity": self = .identity
      case "gzip", "x-gzip": self = .gzip
      case "deflate": self = .deflate
      case let other?: self = .unknown(other)
      }
    }
  }

  private let coding: Coding
  private var inflater: Inflater?

  init(_ coding: Coding) {
    self.coding = coding
  }

  /// Takes the next piece, and gives what comes out of it.
  ///
  /// - Parameter emit: takes decoded bytes, and says whether to go on.
  /// - Returns: why the transfer ends here; `nil` where it goes on.
  func take(
    _ piece: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) -> ProbeFacts.Stop?
  ) -> ProbeFacts.Stop? {
    guard let first = piece.first else { return nil }
    do throws(Inflater.Failure) {
      let inflater: Inflater
      if let known = self.inflater {
        inflater = known
      } else {
        inflater = try Inflater(format(first))
        self.inflater = inflater
      }
      var stop: ProbeFacts.Stop?
      _ = try inflater.take(piece) { bytes in
        if inflater.produced > Self.bombBytes,
          inflater.produced / Self.bombRatio > inflater.consumed
        {
          stop = .bodyBomb(encoded: inflater.consumed, decoded: inflater.produced)
        } else {
          stop = emit(bytes)
        }
        return stop == nil
      }
      return stop
    } catch {
      switch error {
      case .broken: return .bodyEncoding("the body's encoding is broken")
      case .outOfMemory: return .noMemory
      }
    }
  }

  /// Whether the body, which is over, lacks its end.
  var isCutShort: Bool { inflater.map { !$0.hasEnded } ?? false }

  /// What is called deflate comes with zlib's head, as it should, or without.
  private func format(_ first: UInt8) -> Inflater.Format {
    guard coding == .deflate else { return .gzip }
    return first & 0x0f == 8 && first >> 4 <= 7 ? .zlib : .deflate
  }
}
