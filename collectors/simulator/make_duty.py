"""The demo's people and its maintenance: invented names, a duty desk, teams, and plans."""

DUTY = """\
# Invented for the demo. `sitewatch demo` loads it when it starts for the first time; a real estate
# keeps its list with `sitewatch duty import` (docs/duty.md). Nobody has a telephone here.
contacts:
  - {id: zhou, name: 周敏}
  - {id: wu, name: 吴刚}
  - {id: zheng, name: 郑洁}
  - {id: feng, name: 冯涛}
  - {id: chen, name: 陈立}
  - {id: chu, name: 褚宁}
teams:
  - {id: lifts, name: {zh: 电梯维保组, en: Lift team}, members: [feng]}
  - {id: fire, name: {zh: 消防维保组, en: Fire team}, members: [chen]}
  - {id: power, name: {zh: 配电与光伏组, en: Power and PV team}, members: [chu]}
  - {id: safety-officer, name: {zh: 安全主管, en: Safety officers}, members: [zheng]}
schedules:
  - id: desk
    name: {zh: 值班室, en: Duty desk}
    begins: 2026-01-05
    shifts:
      - {shift: day, start: "08:00", end: "20:00", weeks: [[zhou, zhou, zhou, zhou, zhou, wu, wu]]}
      - {shift: night, start: "20:00", end: "08:00", weeks: [[wu, wu, wu, wu, wu, zhou, zhou]]}
"""
MAINTENANCE = """\
# Which work orders make themselves (docs/work_orders.md): of alarms, and of a calendar. Each device
# of a plan has days of its own, so that not all are due at once.
- {on: {class: [pv_fault, pile_fault], severity: [high, medium]}, team: power,
   title: {zh: 到现场检查, en: Look at it on site}}
- {on: {class: deadline, severity: high}, team: lifts,
   checklist: [{zh: 安排维保或检验, en: Arrange the maintenance or inspection},
               {zh: 登记完成日期, en: Note the day on which it was done}]}
- {plan: lift-half-month, kinds: [elevator, escalator], every: 15d, lead: 3d, team: lifts,
   title: {zh: 电梯半月维保, en: Half-monthly lift maintenance},
   checklist: [{zh: 制动器, en: Brake}, {zh: 层门与门锁, en: Landing doors and locks},
               {zh: 轿厢报警与对讲, en: Alarm button and intercom}]}
- {plan: fire-month, kinds: [fire_panel], every: 1mo, lead: 2d, team: fire,
   title: {zh: 消防设施月度检查, en: Monthly check of the fire system},
   checklist: [{zh: 主备电切换, en: Change to standby power},
               {zh: 抽测探测器, en: Try some detectors}]}
- {plan: pv-half-year, kinds: [pv_inverter], every: 6mo, lead: 7d, team: power,
   title: {zh: 光伏半年检查, en: Half-yearly PV check},
   checklist: [{zh: 组件清洗, en: Clean the modules},
               {zh: 测量绝缘电阻, en: Measure the insulation}]}
"""
