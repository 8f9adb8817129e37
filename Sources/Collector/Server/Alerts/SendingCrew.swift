import Curl
import Linux
public import Postgres
import Store
import Synchronization

/// The threads that send what the outbox owes to channels: a few that send, and one that listens. Any
/// number of collectors may run them against one database.
public final class SendingCrew: Sendable {
  /// The channels whose notifications make them look sooner.
  public static let channels = StoreChannel.sending.map(\.rawValue)

  private let isStopping = Atomic<Bool>(false)
  private let bells: [Doorbell]
  private let threads = Mutex<[DedicatedThread]>([])
  private let listener = Mutex<PostgresListener?>(nil)

  /// Starts everything. Throws where threads or descriptors can't be had; then nothing is left
  /// running.
  ///
  /// - Parameter onNotice: told by the threads what they do.
  public init(
    _ address: PostgresAddress, _ settings: SendingSettings,
    onNotice: @escaping @Sendable (SendingNotice) -> Void
  ) throws {
    bells = try (0..<settings.workers).map { _ in try Doorbell() }
    do {
      try start(address, settings, onNotice)
    } catch {
      stop()
      throw error
    }
  }

  private func start(
    _ address: PostgresAddress, _ settings: SendingSettings,
    _ onNotice: @escaping @Sendable (SendingNotice) -> Void
  ) throws {
    for (index, bell) in bells.enumerated() {
      let thread = try DedicatedThread(name: "alert-\(index)") { [self] in
        do throws(CurlError) {
          // libcurl's handle belongs to this thread.
          let loop = try SendingLoop(
            address, settings, worker: OutboxWorker(index: index, of: settings.workers),
            bell: bell, onNotice: onNotice)
          loop.run { isStopping.load(ordering: .acquiring) }
        } catch {
          onNotice(.unable(error))
        }
      }
      threads.withLock { $0.append(thread) }
    }
    let listening = try PostgresListener(
      address, channels: Self.channels, application: "upblit alerts listen"
    ) { [weak self] event in
      if case .lost = event { return }
      self?.ringAll()
    }
    listener.withLock { $0 = listening }
  }

  private func ringAll() {
    for bell in bells { bell.ring() }
  }

  /// Lets every thread finish and store the attempt that it has begun, and waits for all. To be called
  /// once.
  public func stop() {
    isStopping.store(true, ordering: .releasing)
    ringAll()
    listener.withLock { listener in
      defer { listener = nil }
      return listener
    }?.stop()
    let waiting = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    for thread in waiting { thread.join() }
  }
}
