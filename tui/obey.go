package tui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"locktop/sim"
)

// obey does what a key asks for.
func (m *model) obey(k keyed) tea.Cmd {
	f := &m.frame
	lanes := len(f.Config.Lanes)
	if m.play != nil && m.obeyReplay(k) {
		return nil
	}
	if why := m.notNow(k); why != "" {
		m.notify(why)
		return nil
	}
	switch {
	case f.Over == PresetMenu:
		return m.obeyPresets(k)
	case f.Over == ClientLog && k.over == ClientLog:
		m.scrollLog(k.command)
		return nil
	}
	switch k.command {
	case cmdPause:
		m.pause()
	case cmdStep:
		m.step()
	case cmdBack:
		m.scrub(-1)
	case cmdForward:
		m.scrub(+1)
	case cmdLive:
		m.live()
	case cmdNextLane:
		m.focus((f.Focus + 1) % lanes)
	case cmdPrevLane:
		m.focus((f.Focus + lanes - 1) % lanes)
	case cmdView:
		f.View = k.view
	case cmdNextView:
		f.View = f.View.next()
	case cmdNextChart:
		m.showChart(+1)
	case cmdPrevChart:
		m.showChart(-1)
	case cmdZoomIn:
		m.zoom(-1)
	case cmdZoomOut:
		m.zoom(+1)
	case cmdNextColumn:
		m.sort(f.SortBy+1, f.Reversed)
	case cmdPrevColumn:
		m.sort(f.SortBy-1, f.Reversed)
	case cmdReverse:
		m.sort(f.SortBy, !f.Reversed)
	case cmdPrevLoss:
		m.jumpToLoss(-1)
	case cmdNextLoss:
		m.jumpToLoss(+1)
	case cmdTell:
		m.tellLoss()
	case cmdLog:
		m.toggle(ClientLog)
	case cmdInfo:
		m.toggle(Info)
	case cmdMark:
		m.markRun()
	case cmdUp:
		m.move(-1)
	case cmdDown:
		m.move(+1)
	case cmdPageUp:
		m.move(-m.page())
	case cmdPageDown:
		m.move(+m.page())
	case cmdFirst:
		m.move(-farthest)
	case cmdLast:
		m.move(+farthest)
	case cmdNextStrategy:
		return m.stepStrategy(+1)
	case cmdPrevStrategy:
		return m.stepStrategy(-1)
	case cmdFaster:
		m.setSpeed(f.Speed.Faster())
	case cmdSlower:
		m.setSpeed(f.Speed.Slower())
	case cmdMoreClients, cmdMoreWork, cmdLongerLease, cmdLongerRetry:
		return m.stepSetting(k.command, true)
	case cmdFewerClients, cmdLessWork, cmdShorterLease, cmdShorterRetry:
		return m.stepSetting(k.command, false)
	case cmdCopy:
		return m.copyLoss()
	case cmdExport:
		return m.export()
	case cmdMouse:
		return m.toggleMouse()
	case cmdNextPoint:
		f.FaultAt = f.nextPoint(+1)
	case cmdPrevPoint:
		f.FaultAt = f.nextPoint(-1)
	case cmdRestart:
		return m.restart()
	case cmdFaults:
		f.Over, f.FaultAt = FaultMenu, ""
	case cmdInject:
		m.inject(k)
	case cmdCrash:
		m.inject(keyed{fault: sim.Crash})
	case cmdReset:
		m.inject(keyed{fault: sim.Reset})
	case cmdDrive:
		return m.openDrive()
	case cmdPresets:
		m.openPresets()
	case cmdClose:
		f.Over = NoOverlay
	case cmdHelp:
		m.toggle(Help)
	case cmdSuspend:
		return m.suspend()
	case cmdQuit:
		return tea.Quit
	}
	return nil
}

// notNow says why a key that changes the race does nothing: what the user sees is not the present. It is empty where it does.
func (m *model) notNow(k keyed) string {
	switch {
	case m.play != nil || !k.changesRace():
		return ""
	case m.frame.Back:
		return pastNotice(k)
	case m.frozen && k.command != cmdPause && k.command != cmdStep: // which a real Redis refuses
		return fmt.Sprintf("the view is frozen, and %s changes the race: space returns to it", k.Help().Key)
	}
	return ""
}

func pastNotice(k keyed) string {
	return fmt.Sprintf("this is the past, and %s changes the race: g returns to the present", k.Help().Key)
}
