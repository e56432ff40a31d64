/*
 * A pool's items (docs/protocol.md, "Process pool"): src/PSIpc.Core/Pools/{ClaimWord,WorkerItems,WorkerPool.Give,WorkerPool.Pump}.cs.
 *
 * A pool gives ITEMS items to two workers, one or two at a time, also to one that has not done what it has. It takes back what a worker has not begun
 * when the other one has nothing (STEALS times, and always from one that is stopped), kills a worker whose item runs too long (TIMEOUTS times), and gives
 * an item that was lost with its worker again, RETRIES times. FAULTS times a worker is killed or, one at most, stopped for ever, between any two steps; a
 * worker that is gone is replaced by a new one with a new link. A kill by the pool takes effect some time after it was asked for. All threads of the pool work under
 * one lock: they are one process here, and what only they see is one step with what others see. The rings are taken as what ring.pml proves them to be: a
 * message is there or not. That the pool looks again in time (the doorbell) is not here. Each step is one load or store of the code that others can see; the
 * loads W2 and P3 are one step with what comes before them, since what changes in between is found by W3 and P4:
 *
 *   W1  WorkerItems: take a message: the epoch, the first ordinal, the items
 *   W2  ClaimWord.TryBegin: read the word; another epoch: the rest of the message was taken back
 *   W3  compare-and-swap it to the item's ordinal: the item is begun
 *   W4  ItemRecords.Finish: the result into the ring
 *   P1  Drain: take a result
 *   P2  TryGive: a message into a worker's ring
 *   P3  ClaimWord.TakeBack: read the word
 *   P4  compare-and-swap it to the next epoch, the ordinal as it was
 *   P5  Watch: read the ordinal of an item that has run for too long; take back (P3, P4)
 *   P6  read the ordinal again: if the worker is at that item still, kill it
 *   P7  Step: the process is seen to be gone; then take all results that are left
 *   P8  Bury: the ordinal tells what was begun, which is lost, from what was not, which goes to others
 *
 * Proved, in all orders of these steps and with any faults:
 *   - each item has one result or one failure, never both, none two;
 *   - an item is begun once, and once more only after it was lost with a worker that had begun it and not put its result into the ring;
 *   - a worker that is gone loses one item at most, and one that the pool killed loses none but the one that ran too long;
 *   - in the end every item has its result or failure, but one that a stopped worker is in the middle of.
 *
 * The model can fail:
 *   -DBLIND_BEGIN      W3 stores without comparing: an item is begun that was taken back
 *   -DBLIND_TAKE_BACK  P4 stores without comparing: an item that was begun in between is given to another
 *   -DNO_EPOCH         W2 does not look at the epoch: an old message is run
 *   -DSHORT_EPOCH      two epochs only: an old message is taken for a new one
 *   -DLATE_RESULT      W4 comes after the next item's W3: a death loses two items, one of which had ended
 *   -DEARLY_BURIAL     P7 takes the results before it sees that the process is gone: one that comes in between is lost
 *   -DUNCHECKED_KILL   the pool kills without P5's taking back and P6's look: the worker may be at another item by then
 *   -DGIVE_TO_KILLED   a worker that was killed, and whose item had ended meanwhile, is given items before it is gone: it may begin one
 *
 * Run: spin -a pool.pml && gcc -O1 -DCOLLAPSE -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m100000
 */

#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef RETRIES
#define RETRIES 1
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef STEALS
#define STEALS 1
#endif
#ifndef TIMEOUTS
#define TIMEOUTS 1
#endif
#ifdef SHORT_EPOCH
#define NEXT(epoch) (((epoch) + 1) % 2)
#else
#define NEXT(epoch) (((epoch) + 1) % 8)
#endif

/* The most ordinals of a worker, and messages in its ring. */
#define ORDINALS 12
#define MESSAGES 2

/* Shared memory: a link for each worker. */
byte claimEpoch[2], claimOrdinal[2];
chan toWorker[2] = [MESSAGES] of { byte, byte, byte, byte };   /* epoch, first ordinal, first item, count */
chan toPool[2] = [4] of { byte };                              /* ordinal */

/* What the kernel knows. */
bool alive[2] = true;
bool dying[2];
bool stopped[2];
bool still[2];     /* does nothing more, since it is dead or stopped */

/* The pool's own. */
bool waiting[ITEMS] = true;
byte attempts[ITEMS];
typedef Given { byte item[ORDINALS] };   /* item + 1 by ordinal; 0 for none */
Given given[2];
byte lastDone[2], nextOrdinal[2] = 1, outstanding[2], epoch[2];
byte timedOut[2];
bool isOut[2];
byte steals = STEALS, timeouts = TIMEOUTS, faults = FAULTS;

/* What only the proof knows. */
byte begun[ITEMS];
bool isPut[ITEMS];
bool hasResult[ITEMS], hasFailed[ITEMS];
bool killedByPool[2];

#define BEGIN(i) \
    assert(!hasResult[i] && !hasFailed[i] && begun[i] == attempts[i]); \
    begun[i]++
#define READ_CLAIM seenEpoch = claimEpoch[me]; seenOrdinal = claimOrdinal[me]

proctype Worker(byte me)
{
    byte number, ordinal, item, left, seenEpoch, seenOrdinal;
#ifdef LATE_RESULT
    byte late, lateItem;
#endif

endLife:
    {
endIdle:
        do
        :: atomic {
#ifdef LATE_RESULT
             if
             :: late > 0 && empty(toWorker[me]) -> toPool[me]!late; isPut[lateItem] = true; late = 0; lateItem = 0; goto endIdle
             :: nempty(toWorker[me])
             fi;
#endif
             toWorker[me]?number,ordinal,item,left;                                      /* W1 */
             READ_CLAIM                                                                  /* W2 */
           };
begin:     atomic {
             if
#ifndef NO_EPOCH
             :: seenEpoch != number -> goto over
#endif
             :: else
             fi;
             if                                                                          /* W3 */
#ifndef BLIND_BEGIN
             :: claimEpoch[me] != seenEpoch || claimOrdinal[me] != seenOrdinal -> READ_CLAIM; goto begin
#endif
             :: else -> claimEpoch[me] = seenEpoch; claimOrdinal[me] = ordinal; BEGIN(item)
             fi;
             seenEpoch = 0; seenOrdinal = 0
           };
           atomic {                                                                      /* W4 */
#ifdef LATE_RESULT
             if
             :: late > 0 -> toPool[me]!late; isPut[lateItem] = true
             :: else
             fi;
             late = ordinal; lateItem = item;
#else
             toPool[me]!ordinal; isPut[item] = true;
#endif
             left--;
             if
             :: left > 0 -> ordinal++; item++; READ_CLAIM; goto begin
             :: else
             fi
           };
over:      atomic { number = 0; ordinal = 0; item = 0; left = 0; seenEpoch = 0; seenOrdinal = 0 }
        od
    } unless {
        atomic {
            !alive[me] || stopped[me] ->
            still[me] = true;
            number = 0; ordinal = 0; item = 0; left = 0; seenEpoch = 0; seenOrdinal = 0
#ifdef LATE_RESULT
            ; late = 0; lateItem = 0
#endif
        }
    };

    /* A new process in its place, with a new link, when the pool has buried it. */
endGone:
    atomic { !still[me] -> goto endLife }
}

/* TakeResult: a result of an item that the worker does not have would be somebody else's. */
#define TAKE_RESULT(w) \
    toPool[w]?ordinal; \
    assert(ordinal > lastDone[w] && given[w].item[ordinal] > 0); \
    i = given[w].item[ordinal] - 1; \
    assert(!hasResult[i] && !hasFailed[i]); \
    hasResult[i] = true; \
    given[w].item[ordinal] = 0; \
    lastDone[w] = ordinal; \
    outstanding[w]--; \
    LET_GO(w); \
    ordinal = 0; i = 0

#ifdef GIVE_TO_KILLED
#define LET_GO(w) \
    if \
    :: timedOut[w] == ordinal -> isOut[w] = false \
    :: else \
    fi
#else
#define LET_GO(w) skip
#endif

/* Split: what was not begun waits for any worker again. */
#define SPLIT(w, last) \
    ordinal = last + 1; \
    do \
    :: ordinal < nextOrdinal[w] -> \
       if \
       :: given[w].item[ordinal] > 0 -> waiting[given[w].item[ordinal] - 1] = true; given[w].item[ordinal] = 0; outstanding[w]-- \
       :: else \
       fi; \
       ordinal++ \
    :: else -> break \
    od; \
    ordinal = 0

#define LOSE(w, last) \
    lost = 0; \
    ordinal = lastDone[w] + 1; \
    do \
    :: ordinal <= last -> \
       if \
       :: given[w].item[ordinal] > 0 -> \
          i = given[w].item[ordinal] - 1; \
          lost++; \
          assert(lost == 1 && begun[i] == attempts[i] + 1 && !isPut[i] && !hasResult[i] && !hasFailed[i]); \
          assert(!killedByPool[w] || timedOut[w] == ordinal); \
          if \
          :: attempts[i] < RETRIES -> attempts[i]++; waiting[i] = true \
          :: else -> hasFailed[i] = true \
          fi \
       :: else \
       fi; \
       ordinal++ \
    :: else -> break \
    od; \
    ordinal = 0; i = 0; lost = 0

#define NOT_BEGUN(w) (outstanding[w] > (claimOrdinal[w] > lastDone[w] -> 1 : 0))
#define HAS_WAITING (waiting[0] || waiting[1] || waiting[ITEMS - 1])
#define CAN_STEAL(w) (outstanding[1 - w] == 0 && NOT_BEGUN(w) && (stopped[w] || steals > 0))

#define SEE_CLAIM seenEpoch = claimEpoch[w]; seenOrdinal = claimOrdinal[w]

proctype Pool()
{
    byte w, i, ordinal, lost, count, seenEpoch, seenOrdinal, running;

    {
endLook:
    do
    :: atomic { nempty(toPool[0]) -> TAKE_RESULT(0) }                                    /* P1 */
    :: atomic { nempty(toPool[1]) -> TAKE_RESULT(1) }

    :: atomic { HAS_WAITING && !isOut[0] && outstanding[0] < 2 && nfull(toWorker[0]) -> w = 0; goto give }
    :: atomic { HAS_WAITING && !isOut[1] && outstanding[1] < 2 && nfull(toWorker[1]) -> w = 1; goto give }

    :: atomic { CAN_STEAL(0) -> w = 0; goto steal }
    :: atomic { CAN_STEAL(1) -> w = 1; goto steal }

    :: atomic { timeouts > 0 && !isOut[0] && claimOrdinal[0] > lastDone[0] -> w = 0; goto watch }
    :: atomic { timeouts > 0 && !isOut[1] && claimOrdinal[1] > lastDone[1] -> w = 1; goto watch }

#ifdef EARLY_BURIAL
    :: empty(toPool[0]) ->
       if
       :: atomic { !alive[0] && still[0] -> w = 0; goto bury }
       :: alive[0]
       fi
    :: empty(toPool[1]) ->
       if
       :: atomic { !alive[1] && still[1] -> w = 1; goto bury }
       :: alive[1]
       fi
#else
    :: atomic { !alive[0] && still[0] -> w = 0; goto bury }                                          /* P7 */
    :: atomic { !alive[1] && still[1] -> w = 1; goto bury }
#endif
    od;

give: atomic {                                                                           /* P2 */
        i = 0;
        do
        :: !waiting[i] -> i++
        :: else -> break
        od;
        if
        :: count = 1
        :: i + 1 < ITEMS && waiting[i + 1] && attempts[i] == 0 && attempts[i + 1] == 0 -> count = 2
        fi;
        assert(nextOrdinal[w] + count <= ORDINALS);
        toWorker[w]!epoch[w],nextOrdinal[w],i,count;
        do
        :: count > 0 ->
           waiting[i] = false;
           given[w].item[nextOrdinal[w]] = i + 1;
           nextOrdinal[w]++; outstanding[w]++; i++; count--
        :: else -> break
        od;
        i = 0; w = 0;
        goto endLook
      };
watch: atomic {                                                                          /* P5 */
        timeouts--;
        running = claimOrdinal[w];
#ifdef UNCHECKED_KILL
        goto kill
#else
        SEE_CLAIM;
        goto takeBack
#endif
      };

steal: atomic {                                                                          /* P3 */
        if
        :: stopped[w]
        :: else -> steals--
        fi;
        SEE_CLAIM
      };
takeBack:
      atomic {                                                                           /* P4 */
        if
#ifndef BLIND_TAKE_BACK
        :: claimEpoch[w] != seenEpoch || claimOrdinal[w] != seenOrdinal -> SEE_CLAIM; goto takeBack
#endif
        :: else
        fi;
        epoch[w] = NEXT(epoch[w]);
        claimEpoch[w] = epoch[w]; claimOrdinal[w] = seenOrdinal;
        SPLIT(w, seenOrdinal);
        seenEpoch = 0; seenOrdinal = 0;
        if
        :: running == 0 -> w = 0; goto endLook
        :: else
        fi
      };
kill: atomic {                                                                           /* P6 */
        if
        :: claimOrdinal[w] == running
#ifdef UNCHECKED_KILL
        :: else
#else
        :: else -> running = 0; w = 0; goto endLook
#endif
        fi;
        timedOut[w] = running; isOut[w] = true;
        if
        :: alive[w] -> dying[w] = true
        :: else
        fi;
        running = 0; w = 0;
        goto endLook
      };

bury: atomic {                                                                           /* P8 */
#ifndef EARLY_BURIAL
        do
        :: nempty(toPool[w]) -> TAKE_RESULT(w)
        :: empty(toPool[w]) -> break
        od;
#endif
        SPLIT(w, claimOrdinal[w]);
        LOSE(w, claimOrdinal[w]);
        do
        :: nempty(toPool[w]) -> toPool[w]?_
        :: empty(toPool[w]) -> break
        od;
        do
        :: nempty(toWorker[w]) -> toWorker[w]?_,_,_,_
        :: empty(toWorker[w]) -> break
        od;
        i = 0;
        do
        :: i < ORDINALS -> given[w].item[i] = 0; i++
        :: else -> break
        od;
        i = 0;
        claimEpoch[w] = 0; claimOrdinal[w] = 0; epoch[w] = 0; lastDone[w] = 0; nextOrdinal[w] = 1; outstanding[w] = 0;
        timedOut[w] = 0; isOut[w] = false; killedByPool[w] = false; dying[w] = false; stopped[w] = false; still[w] = false;
        alive[w] = true;
        w = 0;
        goto endLook
      }
    }
}

/* Whoever kills and stops workers, and the kernel that ends those that the pool killed. */
proctype Faults()
{
endFaults:
    do
    :: atomic { dying[0] && alive[0] -> alive[0] = false; dying[0] = false; killedByPool[0] = true }
    :: atomic { dying[1] && alive[1] -> alive[1] = false; dying[1] = false; killedByPool[1] = true }
    :: atomic { faults > 0 && alive[0] -> faults--; alive[0] = false; dying[0] = false }
    :: atomic { faults > 0 && alive[1] -> faults--; alive[1] = false; dying[1] = false }
    :: atomic { faults > 0 && alive[0] && !stopped[0] && !stopped[1] -> faults--; stopped[0] = true }
    :: atomic { faults > 0 && alive[1] && !stopped[0] && !stopped[1] -> faults--; stopped[1] = true }
    :: faults > 0 -> faults--
    od
}

#define IN_HAND(i) ((stopped[0] && IS_AT(0, i)) || (stopped[1] && IS_AT(1, i)))
#define IS_AT(w, i) (claimOrdinal[w] > lastDone[w] && given[w].item[claimOrdinal[w]] == i + 1)

init {
    byte i;
    atomic { run Worker(0); run Worker(1); run Pool(); run Faults() };
    atomic {
        timeout ->
        for (i : 0 .. ITEMS - 1) {
            assert(hasResult[i] != hasFailed[i] || (!hasResult[i] && IN_HAND(i)))
        }
    }
}
