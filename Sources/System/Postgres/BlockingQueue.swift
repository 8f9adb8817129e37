#if canImport(Glibc)
  import Glibc
#endif

/// A bounded queue from any thread to threads that block for it.
///
/// `@unchecked Sendable`: everything mutable is touched only between `lock` and `unlock`.
public final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var elements: [Element] = []
  private var head = 0
  private var isClosed = false
  private let bound: Int

  /// A queue that refuses to hold more than `bound` elements.
  public init(bound: Int) {
    self.bound = bound
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// What became of an element that was offered.
  public enum Offer: Sendable {
    case taken
    /// The bound is reached; the element was not taken.
    case full
    /// Nothing is taken any more.
    case closed
  }

  /// Appends `element` unless the queue is full or closed.
  public func offer(_ element: Element) -> Offer {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if isClosed { return .closed }
    if elements.count - head >= bound { return .full }
    elements.append(element)
    pthread_cond_signal(condition)
    return .taken
  }

  /// Waits for at least one element and takes up to `limit`, oldest first. Empty only when the
  /// queue is closed and drained.
  public func take(upTo limit: Int) -> [Element] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while head == elements.count, !isClosed {
      pthread_cond_wait(condition, mutex)
    }
    let end = min(elements.count, head + limit)
    let taken = Array(elements[head..<end])
    head = end
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 1024 {
      elements.removeFirst(head)
      head = 0
    }
    return taken
  }

  /// How many elements wait.
  public var count: Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return elements.count - head
  }

  /// Takes nothing more; what waits is still handed out.
  public func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }
}
