// The words of the page in Chinese and English.
export const TEXTS = {
  zh: {
    title: "画区域：", picture: "实时画面", shapes: "区域与线", save: "保存", reset: "放弃改动",
    hint: "拖动圆点改变形状。键盘：Tab 选中圆点，方向键移动（按住 Shift 移动更多），+ 增加一点，Delete 删除。画面中的人已模糊。",
    zones: "区域", lines: "计数线", ignore: "忽略区", masks: "隐私遮挡", add: "添加", lost: "没有画面，正在等待摄像头……", live: "画面正常",
    none: "还没有画任何区域。", corner: "第 {n} 点，横 {x} %，纵 {y} %", saved: "已保存。重启 campus edge 后生效。", unsaved: "有未保存的改动",
    name: "名称（字母、数字、- 和 _）", kind: "用途", count: "计数", intrusion: "禁区（有人进入即报警）", armed: "布防时段（逗号分隔，如 18:00-06:30；空为全天）",
    capacity: "容量（人，超过即拥挤）", crowd_s: "拥挤持续（秒）", loiter_s: "逗留超过（秒，0 为不看）", object_s: "遗留物超过（秒，0 为不看）",
    area_m2: "地面面积（平方米）", max_density: "密度上限（人/平方米，与容量二选一）", per_min: "每分钟可通过人数", against: "逆行占比（0 到 1）", flow_s: "人流持续（秒）",
    remove: "删除", swap: "对调进出方向", more: "增加一点", fewer: "删除此点", offline: "连接已断开：请重新运行 campus edge draw。", other: "English",
  },
  en: {
    title: "Draw for", picture: "Live picture", shapes: "Zones and lines", save: "Save", reset: "Discard changes",
    hint: "Drag the dots. By keyboard: Tab to a dot, arrows move it (Shift moves more), + adds one, Delete removes it. People in the picture are blurred.",
    zones: "Zone", lines: "Line", ignore: "Ignored area", masks: "Privacy mask", add: "Add:", lost: "No picture; waiting for the camera …", live: "The picture is live",
    none: "Nothing is drawn yet.", corner: "Corner {n}, {x} % across, {y} % down", saved: "Saved. It is in force when campus edge starts again.", unsaved: "There are changes that are not saved",
    name: "Name (letters, digits, - and _)", kind: "Use", count: "count people", intrusion: "restricted: tell who is in it", armed: "Armed (like 18:00-06:30, with commas; empty: always)",
    capacity: "Capacity (people; more are a crowd)", crowd_s: "A crowd must last (seconds)", loiter_s: "Loitering after (seconds; 0: not watched)", object_s: "Left thing after (seconds; 0: not watched)",
    area_m2: "Ground (square metres)", max_density: "Most people a square metre (instead of a capacity)", per_min: "People a minute it carries", against: "Share against the stream (0 to 1)", flow_s: "A stream must last (seconds)",
    remove: "Delete", swap: "Turn in and out round", more: "Add a corner", fewer: "Remove this corner", offline: "The connection is lost: run campus edge draw again.", other: "中文",
  },
};
