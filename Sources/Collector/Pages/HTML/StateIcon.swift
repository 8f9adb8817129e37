/// The shapes of states: each differs by its form, so that it's told without its colour.
package enum StateIcon {
  /// The icons and the bars of days that are not plainly up, defined once a page and used by name.
  ///
  /// A circle with a tick, a triangle, a circle with a cross, a diamond and an empty ring. Of bars:
  /// a day with an outage is marked below, a degraded one is cut, maintenance is half as high.
  package static let definitions: StaticString = """
    <svg class="v" width="0" height="0" aria-hidden="true"><defs>\
    <symbol id="iu" viewBox="0 0 20 20"><circle cx="10" cy="10" r="9"/><path class="k" d="M6 10.3l2.7 2.7L14 7.4"/></symbol>\
    <symbol id="id" viewBox="0 0 20 20"><path d="M10 1.5 19.4 18H.6z"/><path class="k" d="M10 7.5v4.6m0 2v.6"/></symbol>\
    <symbol id="ix" viewBox="0 0 20 20"><rect x="1" y="1" width="18" height="18" rx="5"/>\
    <path class="k" d="M6.8 6.8l6.4 6.4m0-6.4l-6.4 6.4"/></symbol>\
    <symbol id="im" viewBox="0 0 20 20"><path d="M10 .6 19.4 10 10 19.4.6 10z"/><path class="k" d="M10 6v5m0 2.4v.6"/></symbol>\
    <symbol id="in" viewBox="0 0 20 20"><circle class="o" cx="10" cy="10" r="7.8"/><path class="o" d="M7 10h6"/></symbol>\
    <path id="bd" class="d" d="M0 0h.7v19H0zM0 22h.7v10H0z"/>\
    <path id="bx" class="x" d="M0 0h.7v32H0zM0 35h.7v5H0z"/>\
    <path id="bm" class="m" d="M0 16h.7v16H0z"/>\
    <path id="bn" class="n" d="M0 27h.7v5H0z"/>\
    <path id="bu" class="u" d="M0 0h.7v32H0z"/></defs></svg>

    """

  /// The class that colours a state and the last letter of its shapes' names.
  package static func letter(_ state: ComponentState) -> StaticString {
    switch state {
    case .noData: "n"
    case .up: "u"
    case .maintenance: "m"
    case .degraded: "d"
    case .down: "x"
    }
  }
}

extension MarkupWriter {
  /// The icon alone, hidden from screen readers: the word stands beside it.
  package mutating func icon(_ state: ComponentState) {
    raw("<svg class=\"i\" aria-hidden=\"true\"><use href=\"#i")
    raw(StateIcon.letter(state))
    raw("\"/></svg>")
  }

  /// Icon and word in the state's colour.
  package mutating func state(_ state: ComponentState, _ words: String? = nil) {
    raw("<span class=\"s ")
    raw(StateIcon.letter(state))
    raw("\">")
    icon(state)
    text(words ?? state.word)
    raw("</span>")
  }
}
