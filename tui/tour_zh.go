package tui

import "locktop/sim"

// chineseScenes is the catalog of what the scenes of the tour write. No translation takes more cells than its text.
var chineseScenes = withStepScenes(withStrikes(map[string]string{
	// The header, the verdict, the title of a lane.
	"deterministic": "每次相同", "clients #": "客户端 #", "work #": "思考 #", "seed #": "种子 #", "alerts #": "告警 #", "max": "快", "no lease": "无租约", "lease #": "租约 #",
	"# race": "# 比赛", "# timeline": "# 时间线", "# history": "# 历史", "# runs": "# 各轮",
	"›# race": "›# 比赛", "›# timeline": "›# 时间线", "›# history": "›# 历史", "›# clients": "›# 客户端", "›# runs": "›# 各轮",
	"· STARTING": "· 正启动", "▶ LIVE #": "▶ 进行 #", "‖ PAUSED #": "‖ 停住 #", "‖ STEP #": "‖ 单步 #", "■ DONE #": "■ 结束 #", "◀ BACK #": "◀ 回看 #",
	"VERDICT": "判定", "? UNDECIDED": "? 未定", "? UNDECIDED: no two updates at once yet": "? 未定：还没有两次更新同时进行",
	"✗ WRONG: lost # of # (# %), average off # ms": "✗ 错误：丢 #，共 #（# %），均值偏 # ms",
	"✗ WRONG: lost # of #, off # ms":               "✗ 错误：丢 #，共 #，偏 # ms",
	"✗ WRONG: lost #/#, off #":                     "✗ 错误：丢 #/#，偏 #",
	"✗ WRONG: lost #/#":                            "✗ 错误：丢 #/#", "✗ WRONG #/#": "✗ 错误 #/#", "✗ lost #/#": "✗ 丢 #/#", "✗ lost #": "✗ 丢 #",
	"✗ HUNG: # waits for ever, # crashed with the lock": "✗ 卡死：# 个永远等待，# 带着锁崩溃", "✗ HUNG: # wait for ever, # crashed with the lock": "✗ 卡死：# 个永远等待，# 带锁崩溃",
	"✗ HUNG: # waits for ever, though the lock is free": "✗ 卡死：# 个永远等待，尽管锁空着", "✗ HUNG: # wait for ever, though the lock is free": "✗ 卡死：# 个永远等待，尽管锁空着",
	"✗ HUNG: # waits for ever, nobody will release": "✗ 卡死：# 个永远等待，无人释放", "✗ HUNG: # wait for ever, nobody will release": "✗ 卡死：# 个永远等待，无人释放",
	"✗ HUNG: # waits for ever": "✗ 卡死：# 个永远等待", "✗ HUNG: # wait for ever": "✗ 卡死：# 个永远等待", "✗ HUNG: # waits": "✗ 卡死：# 个等", "✗ HUNG: # wait": "✗ 卡死：# 等", "✗ HUNG": "✗ 卡死",
	"? UNDECIDED: no two updates acked yet": "? 未定：还没有两次更新被确认", "? STOPPED by an error": "? 因错停止", ", nothing goes on": "，什么都不动",
	"✗ STALLED: # crashed with the lock, no lease": "✗ 停滞：# 带锁崩溃，无租约", "✗ STALLED: # is paused with the lock, no lease": "✗ 停滞：# 持锁停顿，无租约",
	"✗ STALLED: # is cut off with the lock, no lease": "✗ 停滞：# 持锁断线，无租约", "✗ STALLED: Redis is down": "✗ 停滞：Redis 停机",
	"✗ STALLED: no majority of the servers is up": "✗ 停滞：在线的服务器不过半", "✗ STALLED: every client has crashed": "✗ 停滞：客户端全部崩溃",
	"✗ STALLED: every client is paused or cut off": "✗ 停滞：客户端全部停顿或断线", "✗ STALLED: the lock is free, all who wait get nothing": "✗ 停滞：锁空着，等待的都拿不到", "✗ STALLED: all who wait get nothing": "✗ 停滞：等待的都拿不到",
	"✗ STALLED: # crashed": "✗ 停滞：# 崩溃", "✗ STALLED: # paused": "✗ 停滞：# 停顿", "✗ STALLED: # cut off": "✗ 停滞：# 断线", "✗ STALLED: Redis down": "✗ 停滞：Redis 停",
	"✗ STALLED: no majority": "✗ 停滞：不过半", "✗ STALLED: all crashed": "✗ 停滞：全崩溃", "✗ STALLED: all paused": "✗ 停滞：全停顿", "✗ STALLED: nothing done": "✗ 停滞：没动静", "✗ STALLED": "✗ 停滞",
	", keeps #× more": "，保留 #× 多", ", keeps #× less": "，保留 #× 少", ", keeps #×": "，保留 #×", ", #× slower": "，慢 #×",
	"since #": "自 #", "before:": "此前：", "earlier:": "此前：", "✗ lost # of #": "✗ 丢 #，共 #", "✗ wrong": "✗ 错误", "✗ stalled": "✗ 停滞", "✗ hung": "✗ 卡死", "? undecided": "? 未定",
	"✓ CORRECT": "✓ 正确", "✓ CORRECT: lost #": "✓ 正确：丢 #", "✓ CORRECT by luck": "✓ 侥幸正确", "✓ CORRECT by luck: lost #, # overlaps": "✓ 侥幸正确：丢 #，重叠 # 次", "✓ lost #": "✓ 丢 #",

	// A lane.
	"inside now:": "在里面：", "most #": "最多 #", "waiting:": "等待：", "nobody": "无人", "no critical section": "没有临界区",
	"no holder, no lease": "无人持锁，无租约", "free, no lease": "空闲，无租约", "held by": "持有：", ", no lease": "，无租约", "lease": "租约", "free": "空闲",
	"# (crashed)": "#（崩溃）", "# (paused)": "#（停顿）", "# crashed": "# 崩溃", "# paused": "# 停顿", "# ran out": "# 到期", "# crashed, ran out": "# 崩溃，到期", "# paused, ran out": "# 停顿，到期",
	"average latency since the start, ms": "开始以来的平均延迟，毫秒", "average latency in ms": "平均延迟，毫秒", "average, ms": "平均，ms", "in Redis": "Redis", "true": "真值",
	"waits that ended since the start, per #": "开始以来已结束的等待，每 #", "waits that ended, per #": "已结束的等待，每 #", "ended waits, per #": "已结束等待，每 #",
	"updates kept a second since the start, per #": "开始以来每秒保留的更新，每 #", "updates kept a second, per #": "每秒保留的更新，每 #", "kept/s, per #": "保留/s，每 #",
	"clients waiting for the lock since the start, per #": "开始以来等锁的客户端，每 #", "clients waiting for the lock, per #": "等锁的客户端，每 #", "waiting, per #": "等待，每 #",
	"longest": "最长", "mean": "平均", "most": "最多", "last p# #": "近期 p# #", "last p# <#": "近期 p# <#", "last max #": "近期最长 #", "open": "未完", "open wait #": "未完等 #", "last max <#": "近期最长 <#", "open wait <#": "未完等 <#",
	"kept #/s": "保留 #/s", "mean # waiting": "平均 # 等待", "most # waiting": "最多 # 等待",
	"no wait has ended yet": "尚无结束的等待", "no update has been kept yet": "尚无保留的更新", "nobody has waited yet": "尚无等待者", "this lane waits for no lock": "此泳道不等锁",
	"at speed max times tell nothing": "全速时，时间不说明问题",
	"true #":                          "真 #", "true # of # acked": "真 #（# 次确认）", "true # of #": "真 #，共 #", "Redis = true # of # acked": "Redis = 真 #（# 次确认）", "Redis = true # of #": "Redis = 真 #，共 #", "= true # of #": "= 真 #，共 #", "Redis = true #": "Redis = 真 #", "no update yet": "尚无更新",
	"lost": "丢失", "tries": "尝试", "crashed": "已崩溃", "paused": "停顿", "left": "离开", "… # more, # inside": "… 另 #，# 在内", "… # more, # waiting": "… 另 #，# 等待",
	"acked": "确认", "failures": "失败", "retries": "重试", "unknown": "未知", "p# wait": "p# 等", "max wait": "最长等", "cmds/update": "命令/更新", "kept/s": "保留/s", "ran out": "到期", "fair": "公平",

	"# fault": "第 # 次", "# change": "第 # 变", "a reply to # lost": "# 丢一次回复", "# cut off from Redis": "# 断开 Redis", "# cut off from Redis for #": "# 断开 Redis #", "the lease was ended": "租约被终止",
	"all locks reset": "所有锁已重置", "the lock was free": "锁本来空着", "a client was releasing it": "正在被释放", "# had crashed with the lock": "# 带着锁崩溃了", "it was being released": "正在被释放",
	"# had crashed with it": "# 带着锁崩溃了", "#'s release was refused": "# 的释放被拒绝", "# still goes on as holder": "# 还当自己持锁",
	"# believes it still has the lock": "# 以为锁还在自己手里", "#'s release was refused, not acquired": "# 的释放被拒绝，锁不归它",
	"free since the reset, last held by": "重置后空闲，上个持有者：", "reset": "重置", "# reset": "# 重置", "# crashed, reset": "# 崩溃，重置", "# paused, reset": "# 停顿，重置",
	"refused": "被拒", "release refused": "释放被拒", "lock was gone": "锁已没了", "gone": "没了", "A reset had taken the lock from #.": "重置曾拿走 # 的锁。",
	"the clock of Redis jumped # ahead": "Redis 的时钟跳前 #", "Redis restarted, empty": "Redis 清空重启", "a replica took over, # behind": "副本接替，落后 #", "a replica took over": "副本接替",
	"# client": "# 客户", "# clients": "# 客户端", "think time #": "思考 #", "a pause of # between tries": "两次尝试间停 #", "strategy #": "策略 #", "· figures: whole run": "· 数字是全程的",

	// What the signs mean.
	"read": "读", "compute": "计算", "write": "写", "erased another's": "抹掉了别人的", "erased": "抹掉", "waiting": "等待", "wait": "等待", "attempt failed": "尝试失败", "failed": "失败",
	"holding": "持锁", "hold": "持锁", "lease ran out": "租约到期", "fault": "故障", "setting changed": "设置改变", "strategy changed": "策略改变", "changed": "改变", "one cell #": "每格 #",

	// Why an update was lost.
	"(#)": "(#)",
	"WHY": "因", "NO LOSS TO EXPLAIN": "没有丢失可解释", "nothing lost yet: all # acknowledged updates are in the average": "尚无丢失：确认过的 # 次更新都在平均值里",
	"nothing lost yet: no update has been acknowledged": "尚无丢失：还没有确认过更新", "nothing lost yet: the one acknowledged update is in the average": "尚无丢失：确认过的那次更新在平均值里",
	"(# in #)": "(#，#)", "(# in #, by #)": "(#，#，被 #)", "#'s: unknown eraser": "#：抹掉者未知", "#'s update, n=#, vanished: unknown eraser": "# 的更新 n=# 没了，抹掉者未知",
	"# erased #'s": "# 抹掉 # 的", "#'s update vanished": "# 的更新没了", "#'s update and # more vanished": "# 的更新和另外 # 次没了",
	"# both read n=#": "# 都读到 n=#", "# wrote last": "# 后写", "# wrote over #'s n=#": "# 盖掉 # 的 n=#",
	"# had read another n=# and wrote over #'s n=#": "# 读的是另一个 n=#，盖掉 # 的 n=#", "# had read n=# before # wrote n=#, and wrote later": "#1 在 #3 写 n=#4 前读了 n=#2，后写",
	"# worked under #, # under #.": "# 用 #，# 用 #。",
	"✗ erases #'s":                 "✗ 抹掉 # 的", "#'s sample (# ms) vanished": "# 的样本（# ms）没了", "two writes, one counted": "写两次，只算一次",
	"three writes, one counted": "写三次，只算一次", "four writes, one counted": "写四次，只算一次", "One more update went with it.": "还有一次更新一起没了。", "# more updates went with it.": "还有 # 次更新一起没了。",
	"Both had been granted the lock.":                                                                "两个都拿到过锁。",
	"WHY THE LAST UPDATE WAS LOST   # lost in #":                                                     "最后一次更新为何丢失   第 # 次，在 #",
	"WHY THE LAST UPDATE WAS LOST   # lost in #, to a write of #":                                    "最后一次更新为何丢失   第 # 次，在 #，被 # 的写抹掉",
	"WHY THIS UPDATE WAS LOST   # lost in #, to a write of #":                                        "这次更新为何丢失   第 # 次，在 #，被 # 的写抹掉",
	"# and # both read n=#; # wrote last, without #'s sample.":                                       "# 和 # 都读到 n=#；# 后写，没有 # 的样本。",
	"With a lock, # would read n=# and write n=#.":                                                   "有锁的话，# 会读到 n=#，写下 n=#。",
	"# was told OK for n=#, then a replica took over, back at n=#":                                   "# 的 n=# 得到过 OK，副本接替后退回 n=#",
	"# was told OK for n=#, but the value in Redis no longer descends from that write.":              "# 的 n=# 得到过 OK，但 Redis 里的值不再由它而来。",
	"No client erased it, and no lock helps: only a server that acknowledges nothing it may forget.": "没有客户端抹掉它，锁也没用：除非服务器不确认它会忘的。",

	"# had read n=# before # wrote n=#, so what it wrote does not hold #'s sample.":                                           "#1 读到 n=#2 时，#3 还没有写下 n=#4，所以 #1 写下的值里没有 #3 的样本。",
	"The n=# that # had read was another one, without #'s sample, and so is the n=# it wrote.":                                "#2 读到的 n=#1 是另一个值，没有 #3 的样本，它写下的 n=#4 也一样。",
	"# was told OK for n=#, and it was in Redis; then the server restarted without its data.":                                 "# 的 n=# 得到过 OK，也在 Redis 里；后来服务器重启，数据没了。",
	"# was told OK for n=#, and it was in Redis; then a replica took over that had not heard of it yet.":                      "# 的 n=# 得到过 OK，也在 Redis 里；后来接替的副本还没听说过它。",
	"# was told OK for n=#, and it was in Redis; then the server went back to an earlier state.":                              "# 的 n=# 得到过 OK，也在 Redis 里；后来服务器退回了更早的状态。",
	"It vanished with the server, no client erased it. No lock helps: only a server that acknowledges nothing it may forget.": "它随服务器没了，没有客户端抹掉它。锁也没用：除非服务器不确认它可能忘掉的东西。",
	"WHY THIS UPDATE WAS LOST   # lost in #":                                                                                  "这次更新为何丢失   第 # 次，在 #", "erases # updates at once": "一次抹掉 # 次更新", "# acknowledged updates vanished": "# 次确认过的更新没了",
	"five writes, one counted": "写五次，只算一次", "six writes, one counted": "写六次，只算一次", "seven writes, one counted": "写七次，只算一次", "eight writes, one counted": "写八次，只算一次",
	"nine writes, one counted": "写九次，只算一次", "ten writes, one counted": "写十次，只算一次", "# writes, one counted": "写 # 次，只算一次",

	// The history.
	"erased by its own later write, had read n=": "被自己后来的写抹掉，读的 n=",
	"kept": "保留", "of #": "/ #", "lost #": "丢失 #", "no write yet": "尚无写入", "head: the value in Redis": "头：Redis 中的值", "head": "头", "erased by": "被抹掉：", ", had read n=": "，读的 n=",
	"# newer  ⋮ # without a column": "# 更新  ⋮ # 个没有列", "then": "然后", "↯ a replica took over": "↯ 副本接替", "↯ Redis restarted": "↯ Redis 重启", "↯ Redis went back in time": "↯ Redis 回到从前",
	"erased by itself": "被自己抹掉", "forgotten by Redis": "Redis 忘了", "forgotten": "被忘了", "no reply yet": "尚无回复", "not acked": "未确认", "# newer": "# 更新", "⋮ # without a column": "⋮ # 个没有列",
	"kept, its reply is on its way": "已保留，回复在路上", "dead, and nobody was told OK": "死了，没有人收到过 OK", "a value that nobody here wrote": "不是这里写的值", "empty": "空",
	"lost to an unknown eraser": "被抹掉，抹掉者未知", "unknown eraser": "抹掉者未知", "a branch begins here": "从这里分出一支", "samples in the value": "值里的样本数", "more branches than columns": "分支比列多", "newest on top": "最新的在上",

	// The clients.
	"… # more: # above, # below": "… 另 #：上 #，下 #",
	"client":                     "客户", "fails": "失败", "got it": "拿到", "erases #'s": "抹掉 # 的", "phase": "状态", "share": "份额", "all": "共", "idle": "空闲", "working": "干活", "longest wait #": "最长等待 #",
	"acked #, lost #": "确认 #，丢 #", "tries #, failed #, got it #": "尝试 #，失败 #，得 #", "idle, waits for an alert": "空闲，等告警", "has the lock": "持有锁", "has crashed": "已崩溃", "is paused": "停住", "is paused by a fault": "被故障停住",
	"waits for the lock": "在等锁", "between its read and its write": "在读与写之间", "for #": "已 #", "for <#": "不到 #", ", since #": "，自 #", "… # more: # above, # below; # are not sorted in": "… 另 #：上 #，下 #；# 未排序",
	"RUNS since the program started, newest first": "启动以来的各轮，最新的在前",

	// The footer.
	"pause": "停", "resume": "续", "step": "步", "back": "回看", "losses": "丢失", "lane": "泳道", "strategy": "策略", "speed": "速度", "restart": "重来", "help": "帮助", "quit": "退出",
	"view": "视图", "chart": "图表", "scroll": "滚动", "zoom": "缩放", "order": "排序", "reverse": "反转", "clients": "客户端", "crash": "崩溃", "run": "轮", "mark": "标", "when": "何时", "close": "关闭", "export": "导出", "space": "space",

	// The menu of faults.
	"FAULTS   a key does it, esc closes this": "故障   按键即发生，esc 关闭", "to": "对", "to the Redis of that lane": "对它的 Redis", "in #, or its Redis:": "或它的 Redis：",

	"pause it before its next write, for #": "停顿，在下一次写之前，共 #", "crash it after its next read": "崩溃，在下一次读之后", "crash it before its next command": "崩溃，在下一条命令之前",
	"crash it when it next gets the lock": "崩溃，在下次拿到锁时",
	"lose the reply of its next write":    "丢掉下一次写的回复", "hold up its next command, for #": "拖住下一条命令，共 #", "cut it off from Redis, for #": "断开与 Redis 的连接 #",
	"have the lease run out now": "让租约马上到期", "set the server's clock forward by #": "把服务器的时钟拨快 #", "restart Redis empty": "Redis 清空重启", "fail over to a replica that lags by #": "由落后 # 的副本接替",
	"reset all locks, as at an application's start": "重置所有锁，如同应用启动时", ": # takes no lock, so there is nothing to reset": "：不用锁，没有可重置的",
	"when: each at its usual point": "何时：各在惯常的时刻", ": # takes no lock": "：不用锁",
	": the lock of # has no lease":                       "：这把锁没有租约",
	": # has crashed: choose another, or r starts again": "：# 已崩溃：选另一个，或按 r 重来", "this lane's lock has no lease": "这把锁没有租约",

	// What a key has done.
	"still starting": "还在启动",
	"in # a replica takes over, which is told nothing from now on":      "# 后副本接替，从现在起它什么都听不到",
	"strategy #; who is in the middle of an update ends it as it began": "策略 #；更新到一半的按原样做完",
	"the run is over: r starts it again":                                "这一轮已结束：按 r 重来", "paused: . lets one command through": "停住了：. 放行一条命令",

	// Orders of commands.
	"→ nil": "→ nil", "→ OK, was empty": "→ OK，原空", "→ OK, was #": "→ OK，原 #", "the lease ends": "租约到期", "the same # times more": "同样的再 # 次", "✗ two inside": "✗ 两个在内", "✗ erases #'s, ✗ two inside": "✗ 抹掉 # 的，✗ 两个在内", "not written": "没写入",
	"wakes #": "叫醒 #", "waits": "等待", "✗ crashes": "✗ 崩溃", "✗ erases what it has not read": "✗ 抹掉没读过的",

	// Whom a fault is done to.
	", which is idle, in #": "，空闲，在 #", ", which waits for the lock, in #": "，等锁，在 #", ", which has the lock, in #": "，持锁，在 #", ", which has crashed, in #": "，已崩溃，在 #",
	", which is paused, in #": "，停住，在 #", ", which is between its read and its write, in #": "，在读与写之间，在 #", ", which is done, in #": "，做完，在 #",
	"cut": "断", "delay": "拖住", "failover": "接替", "jump": "跳", "swallow": "吞掉", "expire": "到期", "faults": "故障", "starting": "启动",
	"no lock: GET, compute, SET":                          "无锁：GET，计算，SET",
	"no lock: one script in Redis reads, adds and writes": "无锁：Redis 中的一个脚本读、加、写",
	"lock, tried in a loop without blocking":              "锁，循环尝试，不睡眠",
	"lock, asked for at regular intervals":                "锁，每隔一段时间尝试一次",
	"lock, asked for at random, ever longer intervals":    "锁，随机地、间隔越来越长地尝试",
	"lock, waited for by its release signal":              "锁，睡着等释放的信号",
	"lock, handed over first come, first served":          "锁，先来先得地移交",

	// Why nobody gets on: with as many clients as the lesson has.
	"Nobody will release it, and time alone does not free it.": "没有人会释放它，时间也不会。",
	"# is paused with the lock, which has no lease.":           "# 持锁停顿，锁没有租约。", "Nobody else can get it until it goes on and releases it.": "它继续并释放之前，别人拿不到。",
	"# is cut off from Redis with the lock, which has no lease.": "# 持锁断线，锁没有租约。", "Nobody else can get it until it is back and releases it.": "它回来并释放之前，别人拿不到。",
	"Redis is down.": "Redis 停机。", "Nothing goes on until the server is back.": "服务器回来之前什么都不动。",
	"No majority of the servers is up.": "在线的服务器不过半。", "Nobody can get the lock until enough of them are back.": "回来的够多之前，谁也拿不到锁。",
	"Every client has crashed.": "客户端全部崩溃。", "Nobody is left to do anything.": "没有谁能做什么了。",
	"Every client is paused or cut off from Redis.": "客户端全部停顿或断线。", "Nothing goes on until one of them is back.": "有一个回来之前什么都不动。",
	"The lock is free, but all who wait for it sleep or fail.": "锁空着，但等待的都在睡或失败。", "If nothing comes to wake them, the lane hangs.": "没有什么来叫醒它们的话，就卡死了。",
	"All who wait for the lock get nothing, and nobody works.": "等锁的都拿不到，也没有谁在干活。", "If that stays so, the lane hangs.": "一直这样的话，就卡死了。",
	"WHY NOBODY GETS ON   in #":                                                "为何谁也动不了   #",
	"# crashed with the lock, which has no lease.":                             "# 带着锁崩溃，锁没有租约。",
	"# crashed with the lock, which has no lease. Five clients wait for ever.": "# 带着锁崩溃，锁没有租约。五个客户端永远等待。",
	"# crashed with the lock, which has no lease. Five clients wait for ever. Nobody will release it, and time alone does not free it.": "# 带着锁崩溃，锁没有租约。五个客户端永远等待。没有人会释放它，时间也不会。",
}))

// withStrikes adds what a fault has done to a client, at each point of its update.
func withStrikes(catalog map[string]string) map[string]string {
	for at, point := range map[sim.Point]string{
		sim.AtTry: "在尝试之前", sim.AtFailed: "在尝试失败后", sim.AtWoken: "在被叫醒时", sim.AtAcquired: "持锁时", sim.AtRead: "在读之后", sim.AtWrite: "在写之前",
		sim.AtRelease: "在释放之前", sim.AtCheck: "在释放的检查与 DEL 之间",
	} {
		catalog["# crashed "+atPoint[at]] = "# " + point + "崩溃"
		catalog["# paused for # "+atPoint[at]] = "#1 " + point + "停顿 #2"
		catalog["a command of # held up for # "+atPoint[at]] = "#1 的命令" + point + "被拖住 #2"
	}
	return catalog
}
