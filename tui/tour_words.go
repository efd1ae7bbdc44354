package tui

import (
	"fmt"

	"locktop/sim"
	"locktop/tui/tour"
)

// tourWords are what the tour says itself, in one language.
type tourWords struct {
	quantities map[string]string
	states     map[string]string      // what a quantity is that is a word, where that is no name
	keys       map[tourCommand]string // in the footer

	allOrders, youDecide, counting, oneOf, smallest string
	done, hasRead, inRedis                          string
	colon, yes, no, nothing, soFar                  string
	typeNumber, goOn, halted, missed, nextStep      string
	theEnd, scrolled                                string

	wanted   func(op, want string) string // behind a value that is not as expected
	players  func(sim.ArenaConfig) string
	nth      func(i, n int) string
	cannot   func(sim.Player) string
	overLost func(sim.Outcome) string
	overKept func(sim.Outcome) string
	said     func(guess, is string) string
	tooSmall func(w, h int) string

	scenes  map[string]string // what their texts are, no longer than those; nil leaves them as they are
	pages   map[string]string // what texts are that may be longer
	numbers map[string]string // those that English has words for
}

// languageWords are those of all languages. The language of a lesson that is not among them has English words around it.
var languageWords = map[string]*tourWords{
	"en": {
		quantities: map[string]string{
			"acked": "acknowledged", "kept": "kept", "lost": "lost", "lost%": "lost of every 100", "failures": "failed tries", "commands": "commands an update",
			"inside": "most inside at once", "overlaps": "times two were inside", "expired": "leases that ran out", "crashed": "crashed", "faults": "faults", "resets": "resets", "disowned": "refused releases",
			"verdict": "verdict", "strategy": "strategy", "clients": "clients", "lease": "lease in ms", "view": "view",
			"schedules": "orders in all", "tried": "orders tried, of more", "losing": "lose an update", "overlapping": "have two inside", "hanging": "hang", "refusing": "refuse a late write",
			"moves": "commands sent", "overlap": "two inside at once", "over": "both are done",
		},
		keys: map[tourCommand]string{
			tourOn: "go on", tourAgain: "again", tourNext: "next", tourPrev: "back", tourJump: "jump", tourText: "text", tourQuit: "quit",
			sceneChoose: "choose an order", sceneWrong: "next ✗", sceneSend: "let c1, c2 send", sceneStep: "let › send", sceneUndo: "undo", sceneRedo: "redo", sceneAgain: "again",
		},
		allOrders: "ALL ORDERS OF THE COMMANDS", youDecide: "YOU DECIDE WHO IS NEXT", counting: "playing them all …",
		oneOf: "one of them, in which the clients take turns:", smallest: "the smallest that goes wrong:",
		colon: ": ", yes: "yes", no: "no", nothing: "nothing yet", soFar: " so far",
		wanted: wantedIn(map[string]string{
			"==": " (wanted: %s)", "!=": " (wanted: not %s)", ">=": " (wanted: %s or more)", "<=": " (wanted: %s or fewer)",
			">": " (wanted: more than %s)", "<": " (wanted: fewer than %s)",
		}),
		done: "done", hasRead: "has read", inRedis: "in Redis:",
		typeNumber: "a number, then enter", goOn: "done: enter goes on", halted: "halted: space goes on", missed: "not as promised: r restarts", nextStep: "done: enter for the next step", theEnd: "That was the tour. q ends it.",
		scrolled: "more: ctrl+t",
		players: func(c sim.ArenaConfig) string {
			lock := "no lock"
			if c.Lane != "none" {
				lock = "lock " + c.Lane
			}
			text := fmt.Sprintf("%s, %d clients, one update each", lock, c.Clients)
			switch c.Expiries {
			case 0:
			case 1:
				text += ", one lease may run out"
			default:
				text += fmt.Sprintf(", %d leases may run out", c.Expiries)
			}
			if c.Crashes > 0 {
				text += ", " + clientCount(c.Crashes) + " may crash"
			}
			return text
		},
		nth: func(i, n int) string { return fmt.Sprintf("order %d of %d, from top to bottom:", i, n) },
		cannot: func(p sim.Player) string {
			if p.Over {
				return fmt.Sprintf("c%d is done", p.Number)
			}
			return fmt.Sprintf("c%d can send nothing now", p.Number)
		},
		overLost: func(o sim.Outcome) string {
			return fmt.Sprintf("✗ %d said OK, %d lost", o.Acked, o.Lost)
		},
		overKept: func(o sim.Outcome) string { return fmt.Sprintf("✓ %d said OK, all kept", o.Acked) },
		said: func(guess, is string) string {
			if guess == is {
				return fmt.Sprintf("You said %s: right.", guess)
			}
			return fmt.Sprintf("You said %s; it is %s.", guess, is)
		},
		tooSmall: func(w, h int) string { return fmt.Sprintf("the tour needs %d×%d; q quits", w, h) },
	},
	"zh": {
		scenes: chineseScenes, pages: chinesePages, numbers: chineseNumbers,
		states: map[string]string{
			"undecided": "未定", "correct": "正确", "wrong": "错误", "stalled": "停滞", "hung": "卡死",
			"race": "比赛", "timeline": "时间线", "history": "历史", "clients": "客户端", "runs": "各轮",
		},
		quantities: map[string]string{
			"acked": "已确认", "kept": "已保留", "lost": "已丢失", "lost%": "每 100 次丢失", "failures": "失败的尝试", "commands": "每次更新的命令数",
			"inside": "同时在里面的最多", "overlaps": "两个同时在里面的次数", "expired": "到期的租约", "crashed": "已崩溃", "faults": "故障", "resets": "重置", "disowned": "被拒绝的释放",
			"verdict": "判定", "strategy": "策略", "clients": "客户端", "lease": "租约（毫秒）", "view": "视图",
			"schedules": "种顺序", "tried": "种顺序试过，还有更多", "losing": "丢失更新", "overlapping": "两个同时在里面", "hanging": "永远等待", "refusing": "拒绝了迟到的写",
			"moves": "已发命令", "overlap": "两个同时在里面", "over": "都已结束",
		},
		keys: map[tourCommand]string{
			tourOn: "继续", tourAgain: "重做", tourNext: "下一步", tourPrev: "上一步", tourJump: "跳到", tourText: "文字", tourQuit: "退出",
			sceneChoose: "选一种顺序", sceneWrong: "下一个 ✗", sceneSend: "放行 c1、c2", sceneStep: "放行 ›", sceneUndo: "撤回", sceneRedo: "再做", sceneAgain: "重来",
		},
		allOrders: "命令的所有顺序", youDecide: "由你决定谁先谁后", counting: "正在逐一播放……",
		oneOf: "其中一种：客户端轮流来", smallest: "最小的一种出错顺序：",
		colon: "：", yes: "是", no: "否", nothing: "还没有", soFar: "（目前）",
		wanted: wantedIn(map[string]string{
			"==": "（应为 %s）", "!=": "（不应为 %s）", ">=": "（至少要 %s）", "<=": "（至多 %s）", ">": "（要多于 %s）", "<": "（要少于 %s）",
		}),
		done: "已完成", hasRead: "读到", inRedis: "Redis 中的值：",
		typeNumber: "输入数字，再按 enter", goOn: "完成：按 enter 继续", halted: "已停住：按 space 继续", missed: "没按说好的走：按 r 从头做这一步", nextStep: "完成：按 enter 到下一步", theEnd: "导览到此结束。按 q 退出。",
		scrolled: "还有：ctrl+t",
		players: func(c sim.ArenaConfig) string {
			lock := "无锁"
			if c.Lane != "none" {
				lock = "锁 " + c.Lane
			}
			text := fmt.Sprintf("%s，%d 个客户端，各更新一次", lock, c.Clients)
			if c.Expiries > 0 {
				text += fmt.Sprintf("，租约可到期 %d 次", c.Expiries)
			}
			if c.Crashes > 0 {
				text += fmt.Sprintf("，可崩溃 %d 个客户端", c.Crashes)
			}
			return text
		},
		nth: func(i, n int) string { return fmt.Sprintf("第 %d 种，共 %d 种，自上而下：", i, n) },
		cannot: func(p sim.Player) string {
			if p.Over {
				return fmt.Sprintf("c%d 已经完成", p.Number)
			}
			return fmt.Sprintf("c%d 现在没有可发的命令", p.Number)
		},
		overLost: func(o sim.Outcome) string {
			return fmt.Sprintf("✗ 确认了 %d 次，丢失 %d 次", o.Acked, o.Lost)
		},
		overKept: func(o sim.Outcome) string { return fmt.Sprintf("✓ 确认了 %d 次，全部保留", o.Acked) },
		said: func(guess, is string) string {
			if guess == is {
				return fmt.Sprintf("你猜 %s：对了。", guess)
			}
			return fmt.Sprintf("你猜 %s；实际是 %s。", guess, is)
		},
		tooSmall: func(w, h int) string { return fmt.Sprintf("导览需要 %d×%d；q 退出", w, h) },
	},
}

// wantedIn says what is wanted, by the operator.
func wantedIn(formats map[string]string) func(op, want string) string {
	return func(op, want string) string { return fmt.Sprintf(formats[op], want) }
}

func wordsOf(language string) *tourWords {
	if w, ok := languageWords[language]; ok {
		return w
	}
	return languageWords["en"]
}

func (w *tourWords) quantity(name string) string { return w.quantities[name] }

// value is what a quantity is, in words.
func (w *tourWords) value(quantity string, v tour.Value) string {
	if state, ok := w.states[v.Word]; ok {
		return state
	}
	switch {
	case quantity != "over" && quantity != "overlap":
		return v.String()
	case v.Number == 0:
		return w.no
	}
	return w.yes
}
