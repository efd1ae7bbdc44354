// Package audit_test checks the accounts of races by other means: it reads nothing but
// the events of a race, shares no code with the ledger or the board, and computes anew
// what they report. Thousands of random races, with faults and changes, must agree.
//
// LOCKTOP_TEST_EXHAUSTIVE=1 audits thousands of seeds instead of some hundred, and
// LOCKTOP_TEST_SEEDS=1000-2000 those seeds, of which the last is left out.
package audit_test
