package tui

import (
	"fmt"

	"locktop/sim"
)

// chineseNumbers are the numbers that English has words for.
var chineseNumbers = map[string]string{
	"Two": "两", "Three": "三", "Four": "四", "Five": "五", "Six": "六", "Seven": "七", "Eight": "八", "Nine": "九", "Ten": "十",
}

// chinesePages is the catalog of what is laid out by its own length: footers, notices, and pages of text.
var chinesePages = withStepPages(withOrders(withPast(withMoments(map[string]string{
	// The footer.
	"pause": "暂停", "resume": "继续", "step": "单步", "explain": "解释", "info": "这是什么", "client": "客户端", "fault": "故障", "mark": "标记", "run": "选一轮", "WHY": "原因",

	// What the keys do.
	"another chart, the one before: average, waits, kept updates, queue, or what tells most": "换图表：平均、等待、保留的更新、队列，或最说明问题的", "another chart": "换图表",
	"HELP": "帮助", "KEYS": "按键", "? or esc closes this": "按 ? 或 esc 关闭", "? turns the page": "按 ? 翻页", "i or esc closes this": "按 i 或 esc 关闭", "i turns the page": "按 i 翻页",
	"E or esc closes this": "按 E 或 esc 关闭", "E turns the page": "按 E 翻页", "WHAT THIS IS": "这是什么", "THIS VIEW": "这个视图",
	"the views, by their numbers in the header": "各视图，按标题行里的编号", "the next view": "下一个视图", "pause, resume": "暂停、继续",
	"step, one Redis command of the focused lane, the selected client first":                "单步，放行一条 Redis 命令，选中的客户端优先",
	"look back, and forward again in time, in all views":                                    "回看过去、再往前，对所有视图都有效",
	"to the present, from looking back":                                                     "回到现在，从回看中",
	"the lost update before, the one after, of the focused lane":                            "前一次、后一次丢失的更新",
	"explain the selected client's last loss, command by command":                           "逐条命令解释选中客户端最后一次丢失",
	"explain the selected version, if it was lost":                                          "解释选中的版本是怎么丢的",
	"log of the selected client, as it would print it":                                      "选中客户端的日志，就像它自己打印的那样",
	"earlier lines of the log, later ones":                                                  "日志往前翻、往后翻",
	"the log's earliest line, its latest":                                                   "日志最早的一行、最新的一行",
	"what this is, the focused strategy and the view in three sentences":                    "这是什么，用三句话说明策略和视图",
	"next lane, previous lane":                                                              "下一条泳道、上一条泳道",
	"client above, client below":                                                            "上一个客户端、下一个客户端",
	"page of clients, up and down":                                                          "客户端上翻一页、下翻一页",
	"first client, last client":                                                             "第一个客户端、最后一个客户端",
	"newer version, older version":                                                          "更新的版本、更旧的版本",
	"page of versions, up and down":                                                         "版本上翻一页、下翻一页",
	"the newest version, the oldest of the last thousand":                                   "最新的版本、最近一千个里最旧的",
	"newer run, older run":                                                                  "更近的一轮、更早的一轮",
	"newest run, oldest run":                                                                "最近的一轮、最早的一轮",
	"mark the selected run, two that are marked are compared":                               "标记选中的一轮，标了两轮就加以比较",
	"zoom in, zoom out":                                                                     "放大、缩小",
	"order by the next column, by the one before":                                           "按后一列、前一列排序",
	"turn the order round":                                                                  "反转顺序",
	"next strategy, previous strategy, for the focused lane":                                "下一种策略、上一种策略",
	"faster, slower":                                                                        "加快、减慢",
	"more clients, fewer, in every lane":                                                    "增加、减少客户端",
	"think longer, or shorter, between read and write, in every lane":                       "读与写之间思考得更久、更短",
	"lease longer, or shorter: the time to live of the focused lane's lock":                 "租约更长、更短，也就是锁的存活时间",
	"pause longer, or shorter, between tries for the focused lane's lock":                   "两次尝试上锁之间停得更久、更短",
	"restart, with the same seed and the settings as they are":                              "重新开始，种子不变，设置照现在的",
	"faults, a menu of what can be done to the selected client or to Redis":                 "故障菜单，可对选中的客户端或 Redis 做什么",
	"crash the selected client, and reset all locks of the focused lane, whoever holds one": "让选中的客户端崩溃，重置泳道里所有的锁，不管谁持有",
	"drive it yourself, command by command, and see every order there is":                   "亲手驾驶，一条一条地放行命令，并看到所有顺序",
	"copy the explanation of the loss, to the clipboard of the terminal":                    "复制丢失的解释，到终端的剪贴板",
	"export the frame as text and with colours, and the run as JSON":                        "导出画面（纯文本和带颜色）以及这一轮（JSON）",
	"mouse on, or off: a click selects and the wheel scrolls":                               "鼠标开、关，点击选择，滚轮滚动",
	"this help": "本帮助", "suspend": "挂起", "quit, and print the report": "退出",

	// How to read the views.
	howToRead[RaceView]:     "看有几个同时在里面，看曲线最后停在虚线（真值）旁边的什么地方，再看每个客户端那一行：它读、写（✗ 表示盖掉了别人的），或在等待。",
	howToRead[TimelineView]: "一行是一个客户端，时间从左向右，每格多长写在下面：z 和 Z 缩放，← 和 → 在时间中移动。",
	howToRead[HistoryView]:  "一行是平均值有过的一个值，最新的在上：● 通向 Redis 里现在的值，✗ 是确认过却不见了的更新。",
	howToRead[ClientsView]:  "一行是一个客户端，按带标记的那一列排序；如果公平，各个客户端在保留的更新中所占的份额应当一样。",
	howToRead[RunsView]:     "一行是结束了的一轮，后面是它的结果；标记两轮，就逐个数字加以比较，不同之处有 ≠。",
	"No run has ended yet. r ends this one and starts it again with the settings as they are, p starts a preset; " +
		"two that are marked then are compared number by number.": "还没有一轮结束。r 结束这一轮，并以现在的设置重新开始；之后标记两轮，就逐项加以比较。",

	// The strategies.
	"no lock: WATCH, GET, MULTI, SET, EXEC":              "无锁：WATCH，GET，MULTI，SET，EXEC",
	"lock on the majority of several Redis servers":      "锁，要多数 Redis 服务器同意",
	"lock whose tokens fence off late writers":           "锁，用令牌把迟到的写挡住",
	"the same, but the token is checked on writing only": "同上，但令牌只在写时检查",
	"Every client reads the average, adds its sample and writes the result back. Two clients that read the same value both write their own sum, and the later write erases the earlier one: its client was told OK, yet its sample is not in the average any more.":                                                                                           "每个客户端读出平均值，加入自己的样本，再写回去。两个客户端若读到同一个值，就各写各的和，后写的抹掉先写的：先写的客户端得到了 OK，样本却已不在平均值里。",
	"A client tries to create the lock's key with SET NX and, when somebody else has it, pauses and tries again. Only the holder reads and writes, so nothing is lost. The price is the failed tries: each costs a command, and nobody is sure of getting a turn.":                                                                                            "客户端用 SET NX 创建锁的键；若已被别人占有，就停一会儿再试。只有持锁者读写，所以什么也不丢。代价是失败的尝试：每次都要一条命令，而且谁也不保证轮得到。",
	"A client that does not get the lock asks again after a fixed pause, never sooner than 10 ms. Nothing is lost, and the pause keeps the commands few. But a lock that is released lies idle until somebody happens to ask, and whoever asks at the right moment wins: the others may starve.":                                                              "没拿到锁的客户端，每停固定的时间（至少 10 ms）再问一次。什么也不丢，停顿使命令很少。但锁释放后要闲到恰好有人来问，谁问得巧谁就赢：别的可能一直拿不到。",
	"After each failed try a client pauses for a random time, up to a limit that doubles with every failure (exponential backoff with full jitter). Nothing is lost, and the clients do not ask all at once. Those who have waited longest ask most rarely, so newcomers overtake them.":                                                                      "每次失败后，客户端随机停一段时间，上限随失败次数加倍（指数退避）。什么也不丢，大家也不会同时来问。等得最久的问得最少，所以会被后来者超过。",
	"A client that does not get the lock blocks on a list (BLPOP) until the release puts a token there, and only then tries again. Nothing is lost, and waiting costs hardly any commands. Whoever was woken may still find the lock taken by somebody who came just then.":                                                                                   "没拿到锁的客户端睡在一个列表上（BLPOP），直到释放者放进一个信号，这时才再试。什么也不丢，等待几乎不花命令。被叫醒的也可能发现，锁刚被新来的拿走了。",
	"Clients that do not get the lock stand in line in Redis, and a release makes the first in line the holder and tells it so. The lock is not free in between, but for a moment about once a second for those who only ask, so nobody barges in, and everybody waits about as long. It costs one script to join the line and one to hand over.":             "没拿到锁的客户端在 Redis 里排队，释放时队首直接成为持锁者，并得到通知。其间锁不空闲，只是大约每秒留出片刻给只问不排的，所以没人插队，大家等得差不多久。排队要一个脚本，移交也要一个。",
	"A client has Redis watch the key, reads, computes, and sends its write as a transaction, which Redis refuses if the value has changed meanwhile; then it starts again. Nothing is lost and nobody waits for a holder. But of all who read the same value only one succeeds, and the others have thought in vain: the more clients, the more tries.":      "客户端请 Redis 盯住这个键，读、计算，把写作为事务发出；其间值若变了，Redis 就拒绝，它便从头再来。什么也不丢，谁也不等持锁者。但读到同一个值的只有一个成功，其余都白算了：客户端越多，尝试越多。",
	"The client sends its sample and a script, and Redis does the whole update before it looks at the next command. There is no time between reading and writing, so nothing can be lost and nobody waits: one command an update. It works where the computation can be sent to the data; thinking happens before.":                                           "客户端发出样本和一个脚本，Redis 做完整个更新才看下一条命令。读与写之间没有空隙，所以什么也丢不了，谁也不用等：一次更新一条命令。前提是计算能送到数据那里去；思考在那之前。",
	"A client asks several independent servers at once, five unless told, and has the lock when most of them grant it, so that the others may fail. It costs many commands, and waiters try again after random pauses, in no order. Its safety rests on clocks and on servers that do not forget: one that restarts empty can give away a lock that is held.": "客户端同时问几台独立的服务器（默认五台），多数同意就算拿到锁，其余的可以失灵。命令很多，等待者随机停一会儿再试，没有先后。它靠时钟、也靠服务器不遗忘才安全：清空重启的一台会把有人持有的锁再给出去。",
	"Every grant comes with a token that is higher than all before, and the value's fence is raised to it before the holder reads. A holder that was paused past its lease still believes in it, but its write carries an old token and is refused; it starts again. Nothing is lost even when leases run out.":                                               "每次授予都附带一个比以前都大的令牌，持锁者读之前，值的栅栏就抬到这个高度。停顿到租约过期的持锁者还以为锁在手里，但它的写带着旧令牌，会被拒绝；它便从头再来。即使租约到期也什么都不丢。",
	"Here the fence is raised by the write itself, not when the lock is granted. That looks enough and is not: a late holder can still write after the next holder has read and before it writes, and that write erases it. It halves the losses; raising the fence at acquisition ends them.":                                                                "这里栅栏由写本身抬高，而不是在授予锁时。看似足够，其实不够：迟到者仍能在新持锁者读后、写前写入，随后被新持锁者的写抹掉。丢失减半；在授予时抬高栅栏才能根除。",

	// How an update was lost.
	"HOW # LOST n=#, the # loss of #": "#1 的 n=#2 是怎么丢的（#4 的第 #3 次丢失）",
	"there is no value yet":           "还没有值", "reads the same value": "读到同一个值", "# samples, average # ms": "# 个样本，平均 # ms", "with its sample, # ms": "加入了自己的样本，# ms",
	"computed from n=#: #'s sample is gone":                                                          "由 n=# 算出：# 的样本没了",
	"computed from n=#: #'s sample and one more are gone":                                            "由 n=# 算出：# 的样本和另外一个没了",
	"computed from n=#: #'s sample and # more are gone":                                              "由 n=# 算出：# 的样本和另外 # 个没了",
	"back at n=#: #'s sample is gone":                                                                "退回 n=#：# 的样本没了",
	"back at n=#: #'s sample and one more are gone":                                                  "退回 n=#：# 的样本和另外一个没了",
	"back at n=#: #'s sample and # more are gone":                                                    "退回 n=#：# 的样本和另外 # 个没了",
	"back at empty: #'s sample is gone":                                                              "退回到空：# 的样本没了",
	"back at empty: #'s sample and one more are gone":                                                "退回到空：# 的样本和另外一个没了",
	"back at empty: #'s sample and # more are gone":                                                  "退回到空：# 的样本和另外 # 个没了",
	"unknown eraser: no reply tells which write it was":                                              "抹掉者未知：没有回复能说明是哪个写",
	"No client erased it, and no lock helps: only a server that acknowledges nothing it may forget.": "没有客户端抹掉它，锁也没有用：除非服务器不确认它可能忘掉的东西。",

	"# was told OK for n=#, then a replica took over, back at n=#: it vanished with the server": "# 的 n=# 得到过 OK，副本接替后退回 n=#：它随服务器没了",
	"# was told OK for n=#, then a replica took over, back at n=#: it and # more vanished":      "# 的 n=# 得到过 OK，副本接替后退回 n=#：它和另外 # 个没了",
	"# was told OK for n=#, then a replica took over, empty: it vanished with the server":       "# 的 n=# 得到过 OK，副本接替后空了：它随服务器没了",
	"# was told OK for n=#, then a replica took over, empty: it and # more vanished":            "# 的 n=# 得到过 OK，副本接替后空了：它和另外 # 个没了",
	"# was told OK for n=#, then Redis restarted, empty: it vanished with the server":           "# 的 n=# 得到过 OK，Redis 重启后空了：它随服务器没了",
	"# was told OK for n=#, then Redis restarted, empty: it and # more vanished":                "# 的 n=# 得到过 OK，Redis 重启后空了：它和另外 # 个没了",

	// Why nobody gets on.
	"The lock is free, but no signal will come.": "锁空着，但不会再有信号。", "Whoever releases a lock wakes one waiter, and that signal is gone.": "释放锁的只叫醒一个等待者，而那个信号没了。",
	"# crashed with the lock, which has no lease.": "# 带着锁崩溃，锁没有租约。", "# crashed with the lock.": "# 带着锁崩溃。", "# has the lock and does not release it.": "# 持有锁，却不释放。",
	"# clients wait for ever.": "# 个客户端永远等待。", "# waits for ever.": "# 永远等待。", "Nobody will release it, and time alone does not free it.": "没有人会释放它，时间也不会。",
	"nothing had been lost by then": "到那时还没有丢失", "nothing lost yet: the one acknowledged update is in the average": "尚无丢失：确认过的那一次更新在平均值里",

	// What a key has come to.
	"the record begins here, at #: what is older is not kept": "记录从这里开始，在 #：更早的没有保留", "this is the beginning": "这里是开头",
	"this is the present: ← looks back": "这就是现在：按 ← 回看", "this is the present: left looks back": "这就是现在：按 ← 回看", "the race runs on: g returns to it": "比赛还在继续：按 g 回去",
	"this is the present: [ goes back to the last loss": "这就是现在：按 [ 回到最后一次丢失", "no later loss: this is the present": "后面没有丢失了：这就是现在",
	"no earlier loss is kept: the record of # begins at #": "更早的丢失没有保留：# 的记录从 # 开始", "# had lost nothing before": "# 在这之前没有丢失", "# has lost nothing": "# 没有丢失",
	"# of the last losses of # was #'s": "#2 最近的丢失里没有 #3 的", "no version is selected": "没有选中版本", "this version was lost too long ago to tell how": "这个版本丢失得太久，说不清经过了",
	"this version is kept: only a lost one can be explained":         "这个版本保留着：只有丢失的版本可以解释",
	"# takes no lock, so it has no lease: tab leads to another lane": "# 不用锁，所以没有租约", "# takes no lock, so it has no retry: tab leads to another lane": "# 不用锁，所以没有重试间隔",
	"this is as far as it goes": "到头了", "this is as far as it zooms": "缩放到头了", "chart: what tells most in each lane": "图表：各泳道最说明问题的", "chart: the average": "图表：平均", "chart: waits for the lock": "图表：等锁的时间", "chart: kept updates a second": "图表：每秒保留的更新", "chart: clients waiting for the lock": "图表：等锁的客户端", "no other strategy can run on this Redis": "这个 Redis 上没有别的策略可用",
	"strategy #; who is in the middle of an update ends it as it began": "策略 #；更新到一半的按原样做完", "strategy #, which takes more servers: starts again": "策略 # 要更多服务器：重新开始",
	"strategy #: starts again": "策略 #：重新开始", "1 client; those who leave end the update at hand": "1 个客户端；离开的做完手头的更新", "# clients; those who leave end the update at hand": "# 个客户端；离开的做完手头的更新",
	"# clients, who join with the next alert of each lane": "# 个客户端，新来的从下一次告警起加入", "# client; those who leave end the update at hand": "# 个客户端；离开的做完手头的更新",
	"think time #": "思考时间 #", "a pause of # between tries": "两次尝试之间停 #", "lease #, from the next grant on": "租约 #，从下一次授予起", "no lease, from the next grant on": "无租约，从下一次授予起",
	"# clients: starts again": "# 个客户端：重新开始", "think time #: starts again": "思考时间 #：重新开始", "lease #: starts again": "租约 #：重新开始", "no lease: starts again": "无租约：重新开始",
	"a pause of # between tries: starts again":        "两次尝试之间停 #：重新开始",
	"# has lost nothing: there is nothing to explain": "# 没有丢失更新：没有什么可解释",
	"there is no loss to copy the explanation of":     "没有丢失，也就没有解释可复制", "copied, if this terminal allows it: how #'s update was lost": "已复制（如果终端允许）：# 的更新是怎么丢的",
	"written: locktop-#.txt, .ans and .json": "已写入：locktop-#.txt、.ans 和 .json", "mouse on: a click selects, the wheel scrolls, m turns it off again": "鼠标已开：点击选择，滚轮滚动，再按 m 关闭", "mouse off": "鼠标已关",
	"no run has ended yet: r starts another": "还没有一轮结束：按 r 再来一轮", "this system cannot suspend programs": "这个系统不能挂起程序",
	"#: GET, there is no value yet": "#：GET，还没有值", "#: GET, it read n=#": "#：GET，读到 n=#", "#: SET n=#, and #'s update is lost": "#：SET n=#，# 的更新丢了", "#: SET, it was told OK": "#：SET，得到 OK",
	"#: SET NX, it has the lock": "#：SET NX，拿到锁", "#: SET NX, but # has the lock": "#：SET NX，但锁在 # 手里", "#: SET NX, but the lock is held": "#：SET NX，但锁已被持有",
	"#: release, but it is not acquired, for all locks were reset": "#：释放，但锁不归它，因为所有锁被重置过",
	"#: release, but Redis had forgotten the lock":                 "#：释放，但 Redis 忘了这把锁",
	"#: release, but the lock was gone though no lease had ended":  "#：释放，但没有租约到期，锁却没了",
	"#: release, but its lease had run out":                        "#：释放，但租约已到期", "#: SET, and no reply came": "#：SET，没有回复",
	"lane #": "泳道 #",

	// The menu of faults.
	"cut": "断开", "jump": "拨快", "delay": "拖住", "swallow": "吞掉回复", "crash": "崩溃", "failover": "副本接替", "expire": "租约到期",
	"lose the reply of its next command": "丢掉下一条命令的回复",
	"lose the reply of its next write":   "丢掉下一次写的回复", "hold up its next command, for #": "拖住下一条命令 #", "cut it off from Redis, for #": "断开与 Redis 的连接 #",
	": this lane is over: r starts again": "：这条泳道已结束：按 r 重来", ": # has handled its last alert: r starts again": "：# 已处理完最后一次告警：按 r 重来", ": at this speed leases do not run": "：这种速度下租约不走",

	// The log of a client. What the clients of the story print stays as it is.
	"log": "日志", "LOG OF": "日志：", "pgup pgdn scroll": "pgup pgdn 滚动", "L or esc closes this": "按 L 或 esc 关闭", "nothing yet": "还没有", "with so many clients no logs are kept": "客户端太多，不保留日志",
	"Someone else has the lock. (# tries in # ms)": "Someone else has the lock.（# 次，# ms）", "Someone else has the lock. (# tries in # ms so far)": "Someone else has the lock.（至今 # 次，# ms）",
	"Someone else has written meanwhile.": "其间别人写过。", "Someone else has written meanwhile. (# tries in # ms)": "其间别人写过。（# 次，# ms）", "Someone else has written meanwhile. (# tries in # ms so far)": "其间别人写过。（至今 # 次，# ms）",
	"waits for the lock to be released": "等锁被释放", "SET: no reply came": "SET：没有回复", "SET was refused": "SET 被拒绝", "NotAcquired: the lease had run out": "NotAcquired：租约已到期",
	"NotAcquired: the lock was reset": "NotAcquired：锁被重置过", "NotAcquired: Redis had forgotten the lock": "NotAcquired：Redis 忘了这把锁", "NotAcquired: the lock was gone though no lease had ended": "NotAcquired：没有租约到期，锁却没了", "has handled its last alert": "已处理完最后一次告警", "crashed, with the lock": "崩溃，带着锁", "goes on": "继续", "joined": "加入", "left": "离开",
	"Redis went back to an earlier state": "Redis 回到了从前的状态", "Redis came back": "Redis 回来了", "works by # from here on": "此后按 # 工作",
	"reset_all: the lock was free": "reset_all：锁本来空着", "reset_all: the lock is free now": "reset_all：锁现在空着", "reset_all: the lock is free now; #, which had it, has crashed": "reset_all：锁现在空着；原持有者 # 已崩溃",
	"reset_all: the lock is free now; #, which had it, is alive and does not know": "reset_all：锁现在空着；原持有者 # 还活着，并不知道",
	"this is the end of the log, which goes on":                                    "这是日志的末尾，它还在继续", "the log begins here: # lines before are not kept": "日志从这里开始：之前的 # 行没有保留",

	// What a fault will do.
	", once the race goes on":                      "，比赛继续之后",
	"# will never get the reply to its next write": "# 永远得不到下一次写的回复", "#'s next command will be held up for #": "# 的下一条命令将被拖住 #", "# will be cut off from Redis for #": "# 将与 Redis 断开 #",
	"the lease runs out now, whoever holds the lock": "不管谁持有锁，租约现在到期", "the clock of Redis jumps # ahead": "Redis 的时钟跳前 #", "Redis restarts, empty": "Redis 清空重启",
	"in # a replica takes over, which is told everything": "# 后副本接替，它什么都知道",
	"all locks are reset, whoever holds one":              "重置所有锁，不管谁持有",
}))))

// withPast adds why each key that changes the race does nothing when the user looks back.
func withPast(catalog map[string]string) map[string]string {
	for _, k := range keyMap {
		if k.changesRace() {
			catalog[variable.ReplaceAllString(pastNotice(k), "#")] = "这里是过去，" + k.Help().Key + " 会改变比赛：按 g 回到现在"
		}
	}
	return catalog
}

// chineseMoments are when a fault strikes.
var chineseMoments = map[string]string{
	nextTime[sim.AtCommand]: "在下一条命令之前", nextTime[sim.AtTry]: "在下一次尝试之前", nextTime[sim.AtFailed]: "在下一次尝试失败后", nextTime[sim.AtWoken]: "在下一次被叫醒时",
	nextTime[sim.AtAcquired]: "在下一次拿到锁时", nextTime[sim.AtRead]: "在下一次读之后", nextTime[sim.AtWrite]: "在下一次写之前", nextTime[sim.AtRelease]: "在下一次释放之前",
	nextTime[sim.AtCheck]: "在下一次释放的检查与 DEL 之间",
}

// withMoments adds what a fault does at each of the moments, and what it will have done.
func withMoments(catalog map[string]string) map[string]string {
	for at, moment := range chineseMoments {
		for does, translated := range map[string]string{
			"pause it %s, for #": "%s停顿 #", "crash it %s": "%s崩溃", "lose the reply of a command %s": "%s丢掉一条命令的回复", "hold up a command %s, for #": "%s拖住一条命令 #",
			"cut it off from Redis %s, for #": "%s断开与 Redis 的连接 #", "when: %s": "何时：%s",
			"# will be paused for # %s": "#1 将%s停顿 #2", "# will crash %s": "# 将%s崩溃", "# will lose the reply of a command %s": "# 将%s丢掉一条命令的回复",
			"# will be held up for # %s": "#1 将%s被拖住 #2", "# will be cut off from Redis for # %s": "#1 将%s与 Redis 断开 #2",
		} {
			catalog[fmt.Sprintf(does, at)] = fmt.Sprintf(translated, moment)
		}
	}
	return catalog
}

// withOrders adds by which column, and in which direction, the table of clients is put in order.
func withOrders(catalog map[string]string) map[string]string {
	for column, translated := range map[string]string{
		"number": "编号", "phase": "状态", "attempts": "尝试次数", "failures": "失败次数", "retries": "重试次数", "times the lock was acquired": "拿到锁的次数", "median wait": "等待的中位数",
		"99th percentile of the waits": "等待的第 99 百分位", "longest wait": "最长等待", "acked updates": "确认的更新", "kept updates": "保留的更新", "lost updates": "丢失的更新",
		"lost updates that its writes erased": "被它的写抹掉的更新", "share of the kept updates": "在保留的更新中的份额",
	} {
		catalog["ordered by "+column+", largest first"] = "按" + translated + "排序，从大到小"
		catalog["ordered by "+column+", smallest first"] = "按" + translated + "排序，从小到大"
	}
	return catalog
}
