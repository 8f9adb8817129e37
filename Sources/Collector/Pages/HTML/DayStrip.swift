/// The bars of a component's last 90 days: one SVG, one text summary, and links only where there is
/// something to read.
///
/// Ninety links a row are ninety stops of the Tab key and most of a page's size; so days without
/// events are drawn as runs of dashes, and only the others are elements with a title and a link to
/// their day in the history.
struct DayStrip {
  let name: String
  let days: ArraySlice<ComponentDay>
  /// The last day's number since 1970.
  let lastDay: Int64
  let address: PageAddress
  /// How many of the newest eventful days are links; older ones are only drawn.
  let links: Int

  init(_ component: Component, page: StatusPage, links: Int) {
    name = component.name
    days = component.days.suffix(StatusPage.mostDays)
    lastDay = CalendarDay(of: page.now).number
    address = page.address
    self.links = links
  }

  /// Days that narrow windows show: a third, as the stylesheet has it.
  private static let narrowDays = 30

  /// Links on one page beyond which each component only has a share of them.
  static let mostLinks = 180

  /// How many eventful days of each component may be links, so that a bad quarter of a large page
  /// doesn't make it many times as large.
  static func links(on page: StatusPage) -> Int {
    var (eventful, components) = (0, 0)
    for group in page.groups {
      for component in group.components {
        components += 1
        for day in component.days.suffix(StatusPage.mostDays) where isEventful(day) {
          eventful += 1
        }
      }
    }
    return eventful <= mostLinks ? StatusPage.mostDays : max(1, mostLinks / components)
  }

  static func isEventful(_ day: ComponentDay) -> Bool { day.state > .up }

  func write(into writer: inout MarkupWriter) {
    writer.raw(
      "<div class=\"w\"><svg class=\"b\" viewBox=\"0 0 90 40\" preserveAspectRatio=\"none\" role=\""
    )
    let eventful = days.lazy.filter(Self.isEventful).count
    writer.raw(min(eventful, links) == 0 ? "img" : "group")
    writer.raw("\" aria-label=\"")
    summary(&writer)
    writer.raw("\">")
    runs(&writer)
    events(eventful, &writer)
    writer.raw("</svg></div>\n")
  }

  /// `Last 90 days: 2 down, 1 degraded, 86 without downtime, 1 without data`.
  private func summary(_ writer: inout MarkupWriter) {
    var counts = [Int](repeating: 0, count: ComponentState.allCases.count)
    for day in days { counts[Int(day.state.rawValue)] += 1 }
    writer.raw("Last ")
    writer.number(days.count)
    writer.raw(" days: ")
    var isFirst = true
    for state in ComponentState.allCases.reversed() where counts[Int(state.rawValue)] > 0 {
      if !isFirst { writer.raw(", ") }
      isFirst = false
      writer.number(counts[Int(state.rawValue)])
      switch state {
      case .noData: writer.raw(" without data")
      case .up: writer.raw(" without downtime")
      case .maintenance: writer.raw(" with maintenance")
      case .degraded: writer.raw(" degraded")
      case .down: writer.raw(" with downtime")
      }
    }
  }

  /// The days without events, one path a state: dashes of a line as thick as a bar is high.
  private func runs(_ writer: inout MarkupWriter) {
    for state in [ComponentState.up, .noData] {
      var isOpen = false
      var index = days.startIndex
      while index < days.endIndex {
        guard days[index].state == state else {
          index += 1
          continue
        }
        let first = index
        while index < days.endIndex, days[index].state == state { index += 1 }
        if !isOpen {
          writer.raw(state == .up ? "<path class=\"ru\" d=\"" : "<path class=\"rn\" d=\"")
        }
        isOpen = true
        writer.raw("M")
        writer.number(place(first))
        writer.raw(state == .up ? " 16h" : " 29.5h")
        writer.number(index - first)
      }
      if isOpen { writer.raw("\"/>") }
    }
  }

  private func events(_ eventful: Int, _ writer: inout MarkupWriter) {
    var older = eventful - links
    for index in days.indices where Self.isEventful(days[index]) {
      older -= 1
      let isLink = older < 0
      if isLink { openLink(index, &writer) }
      writer.raw("<use href=\"#b")
      writer.raw(StateIcon.letter(days[index].state))
      writer.raw("\" x=\"")
      writer.number(place(index))
      writer.raw("\"/>")
      if isLink { writer.raw("</a>") }
    }
  }

  private func openLink(_ index: Int, _ writer: inout MarkupWriter) {
    let day = CalendarDay(number: lastDay - Int64(days.endIndex - 1 - index))
    // Narrow windows show the newest days alone: the keyboard must not come to the others there.
    writer.raw(index < days.endIndex - Self.narrowDays ? "<a class=\"e\" href=\"" : "<a href=\"")
    writer.text(address.history(day.ofMonth))
    writer.raw("#d")
    writer.number(day.day)
    writer.raw("\"><title>")
    writer.text(day.shortWords)
    writer.raw(": ")
    writer.text(days[index].words)
    writer.raw("</title>")
  }

  /// The bar's place from the left, where the last day is always the right-most.
  private func place(_ index: Int) -> Int {
    StatusPage.mostDays - (days.endIndex - index)
  }
}
