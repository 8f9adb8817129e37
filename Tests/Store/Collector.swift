import Synchronization

/// Gathers values from any thread and hands them over when all are there.
final class Collector<Element: Sendable>: Sendable {
  private let elements = Mutex<[Element]>([])
  private let count: Int
  private let completion: @Sendable ([Element]) -> Void

  init(count: Int, completion: @escaping @Sendable ([Element]) -> Void) {
    self.count = count
    self.completion = completion
  }

  func add(_ element: Element) {
    let all = elements.withLock { elements -> [Element]? in
      elements.append(element)
      return elements.count == count ? elements : nil
    }
    if let all { completion(all) }
  }
}
