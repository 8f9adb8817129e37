import Linux
import Logging
import Postgres
import Store
import Synchronization

/// The threads of one `DecisionService`.
final class Crew: Sendable {
  private let isStopping = Atomic<Bool>(false)
  private let reconcileBell: Doorbell
  private let maintenanceBell: Doorbell
  private let rollupBell: Doorbell
  private let workerBells: [Doorbell]
  private let threads = Mutex<[DedicatedThread]>([])
  private let listener = Mutex<PostgresListener?>(nil)

  /// Starts everything. Throws where threads or descriptors can't be had; then nothing is left
  /// running.
  init(_ address: PostgresAddress, workers: Int, logger: Logger) throws {
    reconcileBell = try Doorbell()
    maintenanceBell = try Doorbell()
    rollupBell = try Doorbell()
    workerBells = try (0..<workers).map { _ in try Doorbell() }
    do {
      try start(address, logger)
    } catch {
      stop()
      throw error
    }
  }

  private func start(_ address: PostgresAddress, _ logger: Logger) throws {
    let notes = DecisionLog(logger)
    try add("assignment") { crew in
      ReconcileLoop(address, bell: crew.reconcileBell) { notes.take($0) }
        .run { crew.isStopping.load(ordering: .acquiring) }
    }
    try add("maintenance") { crew in
      MaintenanceLoop(address, bell: crew.maintenanceBell) { notes.take($0) }
        .run { crew.isStopping.load(ordering: .acquiring) }
    }
    try add("rollups") { crew in
      RollupLoop(address, bell: crew.rollupBell) { notes.take($0) }
        .run { crew.isStopping.load(ordering: .acquiring) }
    }
    for (index, bell) in workerBells.enumerated() {
      try add("decide-\(index)") { crew in
        DecisionLoop(address, bell: bell) { notes.take($0) }
          .run { crew.isStopping.load(ordering: .acquiring) }
      }
    }
    let listening = try PostgresListener(
      address, channels: DecisionService.channels, application: "upblit decisions listen"
    ) { [weak self] event in
      self?.hear(event)
    }
    listener.withLock { $0 = listening }
  }

  private func add(_ name: String, _ body: @escaping @Sendable (Crew) -> Void) throws {
    let thread = try DedicatedThread(name: name) { [self] in body(self) }
    threads.withLock { $0.append(thread) }
  }

  private func hear(_ event: PostgresListener.Event) {
    switch event {
    case .lost: break
    case .listening: ringAll()
    case .notification(let notification):
      if notification.channel == StoreChannel.due.rawValue {
        for bell in workerBells { bell.ring() }
      } else {
        ringAll()
      }
    }
  }

  private func ringAll() {
    reconcileBell.ring()
    maintenanceBell.ring()
    for bell in workerBells { bell.ring() }
  }

  /// Lets every thread finish what it has begun, and waits for all. To be called once.
  func stop() {
    isStopping.store(true, ordering: .releasing)
    ringAll()
    rollupBell.ring()
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
