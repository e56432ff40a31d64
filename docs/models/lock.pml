/*
 * The robust lock (docs/protocol.md, "Lock"): src/PSIpc.Core/Synchronization/RobustLock.cs, step by step.
 *
 * Three processes take the lock and let go of it for ever, or stop asking at any time. Each of them may be killed between any two steps;
 * a participant id never comes to mean somebody else. Each numbered step is one atomic operation of the code:
 *
 *   E1  TryEnter: compare-and-swap 0 -> id. The short spin of EnterContended does nothing else.
 *   C1  EnterContended: read the word
 *   C2  it was 0: compare-and-swap 0 -> id with the sleepers bit
 *   C3  after a first wait, or past the deadline: does the owner live
 *   C4  it does not: compare-and-swap the exact word -> id with the sleepers bit
 *   C5  past the deadline: give up. A cancellation is the same.
 *   C6  compare-and-swap the word -> the word with the sleepers bit, unless it is there
 *   C7  the kernel compares the word and puts the caller to sleep, in one step
 *   C8  it ends by a wake, at the deadline, or, after 50 ms, to look (C1)
 *   X1  Exit: exchange with 0
 *   X2  wake one sleeper if the bit was there
 *
 * Proved, in all orders of these steps and with any kills:
 *   - no two living processes have the lock (TAKE), and what a living one has is not taken from it (X1);
 *   - the lock is taken over from the dead only (C4);
 *   - whenever somebody living wants the lock, in the end somebody living has it or nobody wants it (the LTL formula, under weak fairness):
 *     nobody sleeps for ever on a lock that is free or whose owner is dead.
 *
 * Which wakes rely on the look every 50 ms: with -DNO_LOOK a sleeper sleeps until it is woken. Nobody sleeps for ever even then (no invalid
 * end state), though processes are killed or give up everywhere but in these four places. Each of the four, by itself, strands a sleeper:
 *   -DOWNER_DIES    the owner is killed
 *   -DLEAVER_DIES   an owner is killed between X1 and X2
 *   -DWOKEN_DIES    a waiter is killed between its wake and its next step that others see (C2, C4 or C6)
 *   -DWOKEN_LEAVES  a waiter is woken as its time is up, finds the lock taken anew, without the bit, and gives up
 *
 * The model can fail in other ways too:
 *   -DBLIND         C4 stores without comparing: two take over
 *   -DREUSED_IDS    a process may be started with the id of a dead one: the lock is taken from the living
 *   -DNO_LOOK -DBIT_LOST  C2 takes the lock without the bit: sleepers are forgotten
 *
 * With -DPATIENT nobody gives up, which leaves a third of the states.
 *
 * Run: spin -a lock.pml && gcc -O1 -DCOLLAPSE -DSAFETY -o pan pan.c && ./pan -m1000000
 * and, for the formula: spin -a -DLIVENESS lock.pml && gcc -O1 -DCOLLAPSE -o pan pan.c && ./pan -m1000000 -a -f
 */

#define N 3
#define BIT 4
#define OWNER(w) ((w) & 3)

#ifndef NO_LOOK
#define OWNER_DIES
#define LEAVER_DIES
#define WOKEN_DIES
#define WOKEN_LEAVES
#endif

byte word;

/* What the kernel knows: who lives, and who sleeps on the word. Index 0 is nobody. */
bool alive[N + 1];
bool asleep[N + 1];

/* What only the proof knows. */
bool has[N + 1];      /* has come out of Enter with the lock */
bool wants[N + 1];    /* is in Enter */
bool woken[N + 1];    /* between a wake and the step that makes up for it */
bool leaving[N + 1];  /* between X1 and X2, with somebody to wake */

#define TAKE(value) \
    word = value; \
    assert(!(alive[1] && has[1]) && !(alive[2] && has[2]) && !(alive[3] && has[3])); \
    has[me] = true; wants[me] = false; woken[me] = false

/* States that differ in nothing that will be used again are one. */
#define FORGET seen = 0; isFirst = false; isOver = false

#ifdef PATIENT
#define MAY_LEAVE false
#elif defined(WOKEN_LEAVES)
#define MAY_LEAVE true
#else
#define MAY_LEAVE !woken[me]
#endif
#ifdef BIT_LOST
#define WITH_BIT me
#else
#define WITH_BIT me | BIT
#endif
#ifdef BLIND
#define UNCHANGED true
#else
#define UNCHANGED word == seen
#endif

proctype Participant(byte me)
{
    byte seen;
    bool isFirst, isOver;

    {
        do
        :: atomic { wants[me] = true; isFirst = true };
           atomic {                                                                      /* E1 */
               if
               :: word == 0 -> TAKE(me); goto taken
               :: else
               fi
           };

again:     atomic {                                                                      /* C1 */
               seen = word;
               if
               :: seen != 0
               :: else -> goto free
               fi
           };
           atomic {                                                                      /* C3 */
               if
               :: true
               :: MAY_LEAVE -> isOver = true
               fi;
               if
               :: (!isFirst || isOver) && !alive[OWNER(seen)] -> goto abandoned
               :: else
               fi
           };
           atomic {                                                                      /* C5 */
               if
               :: !isOver && (seen & BIT) != 0 -> goto sleep
               :: !isOver && (seen & BIT) == 0
               :: isOver -> wants[me] = false; woken[me] = false; goto left
               fi
           };
           atomic {                                                                      /* C6 */
               if
               :: word == seen -> word = seen | BIT; woken[me] = false
               :: else -> seen = 0; goto again
               fi
           };
sleep:     atomic {                                                                      /* C7 */
               isFirst = false;
               if
               :: word == (seen | BIT) -> asleep[me] = true; woken[me] = false; seen = 0
               :: else -> seen = 0; goto again
               fi
           };
           if                                                                            /* C8 */
           :: !asleep[me]
#ifndef NO_LOOK
           :: atomic { asleep[me] && MAY_LEAVE -> asleep[me] = false; isOver = true }
           :: atomic { asleep[me] -> asleep[me] = false }
#endif
           fi;
           goto again;

free:      atomic {                                                                      /* C2 */
               if
               :: word == 0 -> TAKE(WITH_BIT); goto taken
               :: else -> goto again
               fi
           };

abandoned: atomic {                                                                      /* C4 */
               if
               :: UNCHANGED -> assert(!alive[OWNER(word)]); TAKE(me | BIT)
               :: else -> seen = 0; goto again
               fi
           };

taken:     atomic {                                                                      /* X1 */
               assert(OWNER(word) == me);
               leaving[me] = (word & BIT) != 0;
               has[me] = false;
               word = 0;
               FORGET;
               if
               :: leaving[me]
               :: else -> goto left
               fi
           };
           atomic {                                                                      /* X2 */
               if
               :: asleep[1] -> asleep[1] = false; woken[1] = true
               :: asleep[2] -> asleep[2] = false; woken[2] = true
               :: asleep[3] -> asleep[3] = false; woken[3] = true
               :: else
               fi;
               leaving[me] = false
           };
left:      FORGET
        :: break
        od
    } unless { atomic { !alive[me] -> FORGET } }
}

/* A killed sleeper is taken off the kernel's list; one that the wake reached first is one that was woken and then killed. */
#define KILL(p) \
    atomic { \
        alive[p] && mayDie(p) -> \
        alive[p] = false; has[p] = false; asleep[p] = false; wants[p] = false; woken[p] = false; leaving[p] = false \
    }

#ifdef OWNER_DIES
#define ownerMay(p) true
#else
#define ownerMay(p) !has[p]
#endif
#ifdef LEAVER_DIES
#define leaverMay(p) true
#else
#define leaverMay(p) !leaving[p]
#endif
#ifdef WOKEN_DIES
#define wokenMay(p) true
#else
#define wokenMay(p) !woken[p]
#endif
#define mayDie(p) (ownerMay(p) && leaverMay(p) && wokenMay(p))

init {
    byte i;
    bool isReused;
    atomic {
        for (i : 1 .. N) {
            alive[i] = true;
            run Participant(i)
        }
    };
    do
    :: KILL(1)
    :: KILL(2)
    :: KILL(3)
#ifdef REUSED_IDS
    :: atomic { !alive[1] && !isReused -> isReused = true; alive[1] = true; run Participant(1) }
#endif
    :: break
    od
}

#ifdef LIVENESS
#define wanted ((alive[1] && wants[1]) || (alive[2] && wants[2]) || (alive[3] && wants[3]))
#define held ((alive[1] && has[1]) || (alive[2] && has[2]) || (alive[3] && has[3]))
ltl progress { [] (wanted -> <> (held || !wanted)) }
#endif
