package tui

import (
	"fmt"
	"strings"
)

// The catalog of the screens on which one is the scheduler oneself.

// withStepScenes adds what they write into its place.
func withStepScenes(catalog map[string]string) map[string]string {
	return with(catalog, map[string]string{
		// Stepping through one schedule.
		"CLIENTS": "客户端", "IN REDIS NOW": "Redis 现在", "MOVE #": "已走 #", "MOVE # OF #": "已走 #/#", "schedule": "顺序",
		"next": "接着", "nothing more": "没有了", "nothing until it is woken": "什么也不发，直到被叫醒", "(in vain)": "（白问）", "nothing yet": "还没有", "nil: no value yet": "nil：还没有值", "✗ stale": "✗ 过时",
		"has ended": "已结束", "waits in BLPOP": "睡在 BLPOP", "can go": "可以走", "waits for ever": "永远等待", "waits for the lock": "在等锁", "asks in vain": "问了也白问",
		"inside": "在里面", "holds the lock": "拿着锁", "✗ lock is gone": "✗ 锁没了", "has # of #": "有 #/#",
		"# left": "剩 #", "with no lease": "无租约", "one token": "一个信号", "# tokens": "# 个信号",
		"on #": "在 #", "on # #": "在 # #", "on # # #": "在 # # #", "on # # # #": "在 # # # #", "on # # # # #": "在 # # # # #",

		// The grid.
		"ORDER #": "第 # 种", "EVERY ORDER": "所有顺序", "THE FIRST # ORDERS": "前 # 种顺序",
		"EVERY ORDER   page # of #": "所有顺序   第 #/# 页", "THE FIRST # ORDERS   page # of #": "前 # 种顺序   第 #/# 页",
	})
}

// withStepPages adds what they lay out by its own length.
func withStepPages(catalog map[string]string) map[string]string {
	pages := with(catalog, map[string]string{
		".": "。",

		// The header and the footer.
		"‖ MOVE #": "‖ 已走 # 步", "■ OVER, MOVE #": "■ 结束，共 # 步", "■ EVERY ORDER": "■ 所有顺序", "■ SOME ORDERS": "■ 部分顺序", "▶ TRIED #": "▶ 已试 #",
		"it ends once at most": "最多到期一次", "it ends twice at most": "最多到期两次", "crashes #": "崩溃 #",
		"BROKEN: the release checks and deletes in two commands":     "有错：释放分检查与删除两条命令",
		"BROKEN: a waiter clears the signal before it blocks on it":  "有错：等待者睡下之前把信号清掉",
		"BROKEN: a waiter blocks on the signal without a time limit": "有错：等待者不限时间地睡着等信号",
		"undo": "撤回", "redo": "重做", "server": "服务器", "show a wrong one": "看一种出错的", "grid": "网格", "lease ends": "租约到期", "copy": "复制", "leave": "离开",
		"select": "选择", "step through it": "单步走它", "at its end": "从末尾看", "wrong ones": "出错的", "crashes": "崩溃数",

		// What the keys do.
		"let the selected client's next command through": "放行选中客户端的下一条命令", "explain what has happened, at the end": "结束时解释发生了什么", "there are only # clients": "只有 # 个客户端",
		"it is not over yet: . lets the selected client's next command through": "还没有结束：按 . 放行选中客户端的下一条命令",
		"undo the last move": "撤回最后一步",
		"make again what was undone, or the next move of the schedule":               "重做撤回的，或走这种顺序的下一步",
		"to another server next, where the selected client has commands for several": "下一条发给另一台服务器，如果有几台可选",
		"show one that goes wrong, the smallest there is":                            "看一种出错的顺序，最小的",
		"the grid of every order":                                                    "所有顺序的网格",
		"the lease ends, if somebody has the lock and it has one":                    "租约到期，如果有人持锁而锁有租约",
		"crash the selected client, which never sends anything again":                "让选中的客户端崩溃，它再也不发什么",
		"from the start": "从头开始", "to the end of what was undone": "走到撤回的末尾",
		"next strategy, previous strategy": "下一种策略、上一种策略", "one client more, one fewer": "多一个客户端、少一个",
		"copy the schedule, for replay --schedule":                  "复制这种顺序，供 replay --schedule 使用",
		"let the next command of the client of that number through": "放行这个编号的客户端的下一条命令",
		"one order back, one on, one up, one down":                  "前一种、后一种、上一行、下一行",
		"step through the selected order, from its start":           "单步走选中的顺序，从头开始",
		"the same, from its end":                                    "同上，从末尾开始", "the next that goes wrong, the one before": "下一种出错的、上一种",
		"page up, page down": "上翻一页、下翻一页", "first order, last order": "第一种顺序、最后一种",
		"how often the lease may end: never, once, twice": "租约可到期几次：零、一、两次", "how many clients may crash: none, one, two": "几个客户端可崩溃：零、一、两个",
		"You are the scheduler. Each client makes one update and stops before every command; you decide whose comes next. An embedded " +
			"Redis executes it, under the lock and with the client of the live race. Time stands still, but for e, or when nobody can go on.": "你就是调度者。每个客户端更新一次，在每条命令之前停住；由你决定下一条是谁的。内嵌的 Redis 执行它，锁和客户端都与比赛中的相同。时间是停住的，除非按 e，或者谁也走不下去。",
		"Each cell is one order in which the commands can come, played on an embedded Redis: ✓ keeps every update, a number is how many " +
			"it loses, H hangs, ‖ lets two in at once. Orders that begin alike are neighbours.": "每一格是命令到来的一种顺序，在内嵌的 Redis 上走过：✓ 保留所有更新，数字是丢失几个，H 是卡死，‖ 是放进了两个。开头相同的顺序相邻。",

		// Before the first move.
		"BREAK IT YOURSELF": "自己把它弄坏", "you are the scheduler: can you lose an update?": "你就是调度者：你能丢掉一次更新吗？", "can you lose an update?": "你能丢掉一次更新吗？",
		"Each client is about to add its sample to the average. It stops before every command to Redis, until you let it through.": "每个客户端正要把自己的样本加进平均值。它在发给 Redis 的每条命令之前停住，等你放行。",
		"choose a client": "选一个客户端", "let its next command through": "放行它的下一条命令", "take the last move back": "撤回最后一步", "be shown an order that goes wrong": "看一种出错的顺序",

		// What has come of it.
		"✗ YOU LOST ONE": "✗ 你丢了一个", "✗ YOU LOST #": "✗ 你丢了 # 个", "✗ IT HANGS": "✗ 卡死了", "✓ NOTHING LOST": "✓ 什么也没丢", "✗ NOTHING LOST": "✗ 什么也没丢", "WHAT HAPPENED": "发生了什么",
		"# of # update acked": "#2 次更新确认了 #1 次", "# of # updates acked": "#2 次更新确认了 #1 次", "# kept": "保留 # 次", "# of # kept": "#2 次保留了 #1 次",
		"# wrote what it had computed from n=#": "# 写下由 n=# 算出的值", "and erased #'s sample": "抹掉了 # 的样本", "#'s sample is gone": "# 的样本没了", "# erased #'s": "# 抹掉 # 的",
		"# waits for ever": "# 永远等待", "# wait for ever": "# 永远等待", "some wait for ever": "有的永远等待",
		"the lock is that of #": "锁是 # 的", "which has crashed": "它已崩溃", "and has no lease": "锁又没有租约",
		"two were inside at once": "两个同时在里面", "which does not have to end well": "这未必有好结果", "nothing is lost": "什么也没丢",
		"# stale write refused": "拒绝了 # 次过时的写", "# stale writes refused": "拒绝了 # 次过时的写", "a stale write refused": "拒绝了一次过时的写",
		"# update of which nobody knows": "# 次更新谁也不知道下落", "# updates of which nobody knows": "# 次更新谁也不知道下落",
		"# had read n=#, and was told OK when it wrote n=#. # had read n=#, and wrote n=# over what was there: " +
			"#'s sample of # ms is in no value any more. Redis had no way to know.": "#1 读到 n=#2，写下 n=#3 时得到了 OK。#4 读到 n=#5，写下 n=#6，盖掉了原有的值：#7 的样本 #8 ms 不在任何值里了。Redis 无从知道。",

		// What comes of all orders.
		"counting what comes of all orders …": "正在数所有顺序的结果……", "there are too many orders to try them all": "顺序太多，试不完",
		"trying every order …": "正在试每一种顺序……", "u takes moves back": "u 撤回", "w shows one": "w 给你看一种",
		"try x, a crash": "试试 x，崩溃", "try e, the end of a lease, or x, a crash": "试试 e（租约到期）或 x（崩溃）",
		"lose one": "丢一个", "lose two": "丢两个", "lose three": "丢三个", "lose four": "丢四个", "lose five": "丢五个", "lose six": "丢六个", "lose seven": "丢七个", "lose eight": "丢八个", "lose nine": "丢九个",
		"keep all": "全部保留", "keep all, and refuse a stale write": "全部保留，并拒绝过时的写", "let two in at once": "放进了两个", "hang": "卡死",

		// What a key has come to.
		"# has no commands for several servers to choose from": "# 没有发给几台服务器的命令可选",
		"#'s next command goes to server #, of # # # # #":      "#1 的下一条命令发给服务器 #2，可选 #3 #4 #5 #6 #7", "#'s next command goes to server #, of # # # #": "#1 的下一条命令发给服务器 #2，可选 #3 #4 #5 #6",
		"#'s next command goes to server #, of # # #": "#1 的下一条命令发给服务器 #2，可选 #3 #4 #5", "#'s next command goes to server #, of # #": "#1 的下一条命令发给服务器 #2，可选 #3 #4",
		"# has crashed: it never sends anything again": "# 已崩溃：它再也不发什么", "# has made its update": "# 已完成它的更新", "# waits in BLPOP, until somebody pushes to the list or its time is up": "# 睡在 BLPOP，直到有人放进列表，或时间到了",
		"nobody gets any further: u takes the last move back": "谁也走不下去了：u 撤回最后一步", "# waits to be given the lock": "# 等着把锁交给它", "# would get the same reply as before: first something has to change": "# 会得到同样的回复：先要有什么改变",
		"there is no move to make again: . lets the selected client go on": "没有可重做的：. 放行选中的客户端",
		"# takes no lock, and has no lease that could end":                 "# 不用锁，没有可到期的租约", "this lock has no lease that could end": "这把锁没有可到期的租约", "it is over: u takes the last move back": "已经结束：u 撤回最后一步",
		"the lease may end once here, as --expiries says": "这里租约可到期一次", "the lease may end twice here, as --expiries says": "这里租约可到期两次", "nobody has the lock, so there is no lease to end": "没有人持锁，也就没有租约可到期",
		"one client may crash here, as --crashes says": "这里可崩溃一个客户端", "# clients may crash here, as --crashes says": "这里可崩溃 # 个客户端",
		"there can be # to # clients": "客户端可有 # 到 # 个", "clients: want # to #, have #": "客户端可有 #1 到 #2 个",
		"expiries: # takes no lock": "# 不用锁，没有可到期的租约", "looking for one that goes wrong …": "正在找出错的顺序……",
		"no order goes wrong, with at most one fault":                                               "至多一次故障，没有一种顺序出错",
		"none was found that goes wrong, but there are too many orders to try them all":             "没有找到出错的，但顺序太多，试不完",
		"the smallest that goes wrong: ← takes its moves back, → makes them again":                  "最小的一种出错顺序：← 撤回，→ 重做",
		"one that goes wrong, perhaps not the smallest: ← takes its moves back, → makes them again": "一种出错顺序，未必最小：← 撤回，→ 重做",
		"none of those shown after this one goes wrong":                                             "后面列出的没有出错的",
		"none before this one goes wrong":                                                           "前面没有出错的了", "none after this one goes wrong": "后面没有出错的了",
		"there is nothing to open yet": "还没有可打开的", "there is nothing to copy yet": "还没有可复制的",

		"To release, the client reads the lock's key and, if its own id is there, deletes it. " +
			"Between the two commands the lease may end and somebody else may take the lock: then the DEL removes that one's lock, and the next client walks in beside it. " +
			"The cure is to compare and delete in one script.": "释放时，客户端读锁的键，若是自己的就删掉。两条命令之间，租约可能到期，别人可能拿到锁：这时 DEL 删掉的是别人的锁，下一个客户端便也走了进来。解法是在一个脚本里比较并删除。",
		"A client that does not get the lock first deletes the signal, lest it be an old one, and then blocks until a new one comes. " +
			"If the holder releases after the failed try and before that deletion, the signal that was meant for the waiter is gone: the lock is free, and the waiter sleeps. " +
			"The cure is to leave the signal until it is taken.": "没拿到锁的客户端先删掉信号，怕它是旧的，再睡着等新的。持锁者若在尝试失败之后、删除之前释放，给等待者的信号就没了：锁空着，等待者却睡着。解法是把信号留到有人取走。",
		"A client that does not get the lock blocks until a signal comes, however long that takes. " +
			"A release leaves one signal. If the waiter that takes it dies before it takes the lock, nobody passes the signal on: the lock is free, and all the others sleep for ever. " +
			"The cure is to block for a limited time and then to try again.": "没拿到锁的客户端一直睡到信号来，多久都等。释放只留下一个信号。取走它的等待者若在拿到锁之前死了，就没有人把信号传下去：锁空着，其余的永远睡着。解法是只睡一段时间，然后再试。",
	})
	return withReplies(withUpshots(pages))
}

// withReplies adds what Redis replies and what is remarkable about it, as diagrams write it with either kind of signs.
func withReplies(catalog map[string]string) map[string]string {
	for text, translated := range map[string]string{
		"→ OK, was empty": "→ OK，原空", "→ OK, was #": "→ OK，原 #", "→ released": "→ 已释放", "→ not the owner any more": "→ 已不是持锁者",
		"→ not released: somebody stands in line": "→ 没释放：有人在排队", "→ handed over": "→ 已移交", "→ left free for a moment": "→ 空出片刻", "→ extended": "→ 已续期", "→ refused: the token is stale": "→ 拒绝：令牌过时",
		"→ raised": "→ 已抬高", "at #:": "在 #:", "→ nil: the key has changed": "→ nil：键变了", "→ no such key": "→ 没有这个键", "→ no time to live": "→ 没有期限",
		"✗ crashes": "✗ 崩溃", "✗ two inside": "✗ 两个在内", "✗ erases #'s": "✗ 抹掉 # 的", "✗ erases what it has not read": "✗ 抹掉没读过的",
	} {
		catalog[text], catalog[inASCII.Replace(text)] = translated, inASCII.Replace(translated)
	}
	return catalog
}

// inASCII writes the signs of diagrams in ASCII.
var inASCII = strings.NewReplacer("→", "->", "✗", "X")

// withUpshots adds how many orders come to what, with how many faults.
func withUpshots(catalog map[string]string) map[string]string {
	for _, orders := range []string{"order", "orders"} {
		for text, translated := range map[string]string{
			"# of the # %s lose an update": "#2 种顺序有 #1 种丢失更新", "# of the # %s hang": "#2 种顺序有 #1 种卡死", "# of the # %s let two in at once": "#2 种顺序有 #1 种放进了两个", "# of the # %s goes wrong": "#2 种顺序没有一种出错",
		} {
			text = fmt.Sprintf(text, orders)
			catalog[text], catalog["but "+text] = translated, "但"+translated
		}
		for tried, so := range map[string]string{"": "", " tried so far": "（目前试过的）", " that were tried (there are more)": "（试过的，还有更多）"} {
			catalog["# of # "+orders+tried+" lose an update"] = "#2 种顺序" + so + "有 #1 种丢失更新"
			catalog["# of # "+orders+tried+" go wrong"] = "#2 种顺序" + so + "有 #1 种出错"
			catalog["# of # "+orders+tried+" loses an update"] = "#2 种顺序" + so + "都不丢失更新"
		}
	}
	crashes := map[string]string{"one client": "一个客户端", "# clients": "# 个客户端"}
	for crashed, clients := range crashes {
		catalog["if "+crashed+" may crash"] = "如果可崩溃" + clients
	}
	for ended, times := range map[string]string{"once": "一次", "twice": "两次", "# times": "# 次"} {
		catalog["if the lease may end "+ended] = "如果租约可到期" + times
		for crashed, clients := range crashes {
			catalog["if the lease may end "+ended+" and "+crashed+" may crash"] = "如果租约可到期" + times + "、可崩溃" + clients
		}
	}
	return catalog
}

// with adds texts to a catalog, which keeps those it has.
func with(catalog, more map[string]string) map[string]string {
	for text, translated := range more {
		if _, ok := catalog[text]; !ok {
			catalog[text] = translated
		}
	}
	return catalog
}
