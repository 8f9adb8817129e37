import HummingbirdCore
import NIOCore
import ServiceLifecycle
import Synchronization

/// The body of an answer that is made while it is sent, of any length, or without end.
struct StreamBody: Sendable {
  /// The header `Content-Type`.
  var type: String
  /// Writes it all. Returning ends the answer; throwing breaks the connection, so that nobody takes the
  /// half for the whole.
  var write: @Sendable (inout StreamWriter) async throws -> Void
  /// Is told when the server is to stop, and when the reader has left: what `write` waits for must then end.
  var onStop: (@Sendable () -> Void)?

  init(
    type: String, write: @escaping @Sendable (inout StreamWriter) async throws -> Void,
    onStop: (@Sendable () -> Void)? = nil
  ) {
    self.type = type
    self.write = write
    self.onStop = onStop
  }

  /// Sends it over a connection.
  func send(
    to writer: inout any ResponseBodyWriter, over connection: ConnectionContext
  ) async throws {
    let stop = StopFlag()
    if let onStop { connection.whenLeft(onStop) }
    var stream = StreamWriter(out: writer, connection: connection, stop: stop)
    try await withGracefulShutdownHandler {
      try await write(&stream)
    } onGracefulShutdown: {
      stop.set()
      onStop?()
      _ = connection.close(in: .seconds(StreamWriter.stopSeconds))
    }
    try await writer.finish(nil)
  }
}

/// Takes the pieces of a stream as fast as its reader does.
struct StreamWriter {
  fileprivate var out: any ResponseBodyWriter
  fileprivate let connection: ConnectionContext
  fileprivate let stop: StopFlag

  /// Whether the server was told to stop.
  var isStopping: Bool { stop.isSet }

  /// A reader that takes nothing for so long is cut.
  static let patienceSeconds: Int64 = 30
  /// What has not ended so long after the server was told to stop is cut.
  static let stopSeconds: Int64 = 2

  /// Returns when there is room for more. Throws where the reader is gone or takes nothing.
  mutating func write(_ bytes: [UInt8]) async throws {
    var rest = ByteBuffer(bytes: bytes)
    // Piece by piece, so that a slow reader who moves on has its time for each.
    while rest.readableBytes > 0,
      let piece = rest.readSlice(length: min(Self.pieceSize, rest.readableBytes))
    {
      let cut = connection.close(in: .seconds(Self.patienceSeconds))
      defer { cut.cancel() }
      try await out.write(piece)
    }
  }

  private static let pieceSize = 16_384
}

/// Set once, for good.
private final class StopFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func set() { flag.store(true, ordering: .relaxed) }
}
