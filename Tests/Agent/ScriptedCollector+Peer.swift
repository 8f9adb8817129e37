import Glibc
import Linux
import Signing

extension ScriptedCollector {
  /// One connection of an agent, and what both have proved on it.
  final class Peer {
    let descriptor: Descriptor
    var input: [UInt8] = []
    var sealer: FrameSealer?
    var opener: FrameOpener?
    var hello: [UInt8] = []
    var challenge: [UInt8] = []
    var keys: AgentKeys?
    var keyID: UInt32 = 0

    init(_ descriptor: consuming Descriptor) {
      self.descriptor = descriptor
    }

    func write(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          Glibc.send(descriptor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
  }
}
