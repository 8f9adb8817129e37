import Model
import Synchronization
import Testing

@testable import Ingress

@Suite struct SessionRegistryTests {
  @Test func `who comes after the end has begun is told so at once`() {
    let registry = SessionRegistry()
    let heard = Mutex<[String]>([])
    func session(_ generation: Int64) -> SessionRegistry.Entry {
      SessionRegistry.Entry(generation: generation) { news in
        heard.withLock { $0.append("\(generation): \(news)") }
      }
    }
    registry.enter(.random()) { heard.withLock { $0.append("early guest") } }
    registry.add(1, session(1))
    #expect(heard.withLock { $0 }.isEmpty)
    registry.shutDown()
    #expect(heard.withLock { $0 } == ["early guest", "1: shutDown"])
    registry.add(2, session(2))
    registry.enter(.random()) { heard.withLock { $0.append("late guest") } }
    #expect(heard.withLock { $0.suffix(2) } == ["2: shutDown", "late guest"])
  }
}
