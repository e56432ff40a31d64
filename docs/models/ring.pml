/*
 * The record ring (docs/protocol.md, "Record ring"): src/PSIpc.Core/Channels/{RingSender,RingReceiver,Ledger}.cs, store by store.
 *
 * Two senders send FIRST and SECOND messages, one by one or two at a time; two receivers receive for ever, one by one or two at a time,
 * look at messages without taking them, or clear the ring, CLEARS times in all. The ring has CAPACITY units and room for MOST messages; a
 * record takes one unit (a header) or two (and a body), does not wrap, and leaves padding before the ring's end. Up to KILLS processes are
 * killed, between any two steps while they hold a lock, and before they take one (elsewhere they have nothing half done). The two
 * locks are taken as what lock.pml proves them to be: one holder, taken over when it is dead. The sleeps are waits for what they wait
 * for; that no wake is lost is explored by tests/PSIpc.Core.Tests/WakeModel.cs. Memory is taken as sequentially consistent, so the
 * barriers are out of sight. Messages in files of their own are not here. Each step is one load or store of the code that others can see:
 *
 *   S1  RingMemory.EnterSend: take the send lock, perhaps over
 *   S2  Begin: the tail and its ledger entry, which only the holder of the lock changes
 *   S3  HasRoom: Fits, from what is known of the receiving side; else Ledger.Snapshot without its lock
 *       (index, which entry, its two words, the index again), and Fits again
 *   S4  TryPlace: the padding word
 *   S5  WriteRecord: length, stamp, body
 *   S6  Publish: the ledger entry that does not count, two stores; then the tail
 *   S7  Exit
 *   R1  RingMemory.EnterReceive
 *   R2  TryLook: the head and its entry; the tail, when all that was known of is used up
 *   R3  RecordAt and the copy: length, perhaps padding and length again, stamp, body
 *   R4  Publish: the ledger entry that does not count, two stores; then the head. A peek goes from R3 to R5.
 *   R5  Exit
 *   K   Clear: R1, the head, a snapshot of the tail's ledger, R4, R5; nothing is stored when nothing is there
 *
 * Proved, in all orders of these steps and with any kills:
 *   - each message that a receiver takes is the next one sent, whole: received once at most, in order, and none is left out. The head is
 *     stored only by one that has the copy in hand, so only what that one, killed later, had taken is lost;
 *   - messages sent together are all there or none is (the tail is one store: there is no state in between);
 *   - the ledger's entry of the published index always has the true count, and so does every snapshot taken without the lock;
 *   - nothing is written but between the tail and the head of one turn before: no record is overwritten that was not received;
 *   - never more than MOST messages, though senders know of older heads;
 *   - in the end all senders are through and nothing is left in the ring, while somebody lives to receive; nobody waits for ever.
 *
 * The model can fail:
 *   -DTAIL_BEFORE_RECORD  a stamp is written after the tail
 *   -DLEDGER_IN_PLACE     the entry that counts is changed
 *   -DLEDGER_AFTER_TAIL   the tail is stored before its entry
 *   -DHEAD_BEFORE_COPY    the head is stored before the stamp is read
 *   -DCLEAR_WHEN_EMPTY    Clear fills the other entry when nothing is there: both name the head, and the one that is half filled counts
 *
 * Run: spin -a ring.pml && gcc -O1 -DCOLLAPSE -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m100000
 * and, with twice as many states: spin -a -DSECOND=2 -DCLEARS=0 ring.pml
 */

#ifndef FIRST
#define FIRST 2
#endif
#ifndef SECOND
#define SECOND 1
#endif
#ifndef KILLS
#define KILLS 2
#endif
#ifndef CLEARS
#define CLEARS 1
#endif

/* Sizes that lead to padding in some orders. */
#define SIZE(number) ((number) == 1 || (number) == 4 -> 1 : 2)
#define CAPACITY 4
#define MOST 3
#define PADDING 3
#define NONSENSE 4

/* Shared memory. A body may lie where a header was: it overwrites both words of its unit. */
byte length[CAPACITY];
byte stamp[CAPACITY];
byte tail, head;
byte sentAt[2], sentBefore[2];       /* ledger of the tail: index, messages before it */
byte takenAt[2], takenBefore[2];     /* ledger of the head */
byte sendLock, receiveLock;

/* Who lives: 1 and 2 send, 3 and 4 receive. */
bool alive[5];

/* What only the proof knows: how many were sent and taken, and which, in order. */
byte sent, taken;
byte order[5];
byte clears = CLEARS;
byte kills = KILLS;

/* A kill is one step, of whoever kills and of who dies. */
chan die[5] = [0] of { bit };
#define DIE alive[me] = false; kills--

#define CURRENT(at, index) (at[0] == (index) -> 0 : 1)
#define AGREE(at, before, index, count) (at[CURRENT(at, index)] == (index) && before[CURRENT(at, index)] == (count))
#define CAN_ENTER(lock) (lock == 0 || !alive[lock])
#define PAD(at, size) ((at) % CAPACITY + (size) > CAPACITY -> CAPACITY - (at) % CAPACITY : 0)
#define FITS \
    (end - knownHead <= CAPACITY && end - knownHead + PAD(end, size) + size <= CAPACITY && sentBefore[current] + count - knownTaken < MOST)
#ifdef LEDGER_IN_PLACE
#define OTHER(entry) entry
#else
#define OTHER(entry) (1 - entry)
#endif
#define TAKE_NEXT(what) assert(what == order[taken]); order[taken] = 0; taken++

/* States that differ in nothing that will be used again are one. */
#define FORGET end = 0; size = 0; count = 0; index = 0; entry = 0; other = 0; current = 0

#define MAY_WRITE(at) assert((at) >= tail && (at) < head + CAPACITY)

proctype Sender(byte me; byte number; byte messages)
{
    byte left = messages;
    byte knownHead, knownTaken, end, count, size, index, entry, other;
    bit current;

    {
        skip;
next:   atomic {
            if
            :: left == 0 -> goto through
            :: left > 0 && kills > 0 -> DIE; goto through
            :: left > 0 && CAN_ENTER(sendLock) -> sendLock = me                          /* S1 */
            fi;
            end = tail; current = CURRENT(sentAt, tail)                                  /* S2 */
        };
append: atomic {                                                                         /* S3 */
            size = SIZE(number + count);
            if
            :: FITS -> goto place
            :: else
            fi
        };
look:   index = head;
        entry = CURRENT(takenAt, index);
        other = takenAt[entry];
        entry = takenBefore[entry];
        atomic {
            if
            :: head != index -> entry = 0; other = 0; goto look
            :: else
            fi;
            assert(other == index && entry == taken);
            knownHead = other; knownTaken = entry;
            entry = 0; other = 0; index = 0;
            if
            :: FITS -> goto place
            :: !FITS && count > 0 -> goto publish
            :: else
            fi
        };
        atomic { sendLock = 0; FORGET };
        atomic {
            if
            :: head != knownHead -> goto next
            :: !alive[3] && !alive[4] -> goto through
            fi
        };

place:  atomic {                                                                         /* S4 */
            if
            :: PAD(end, size) != 0 -> MAY_WRITE(end); length[end % CAPACITY] = PADDING; end = end + PAD(end, size)
            :: else -> goto write
            fi
        };
write:  atomic { MAY_WRITE(end); length[end % CAPACITY] = size };                        /* S5 */
        atomic {
#ifndef TAIL_BEFORE_RECORD
            stamp[end % CAPACITY] = number + count;
#endif
            if
            :: size == 2
            :: else -> goto written
            fi
        };
        atomic { MAY_WRITE(end + 1); length[(end + 1) % CAPACITY] = NONSENSE };
        stamp[(end + 1) % CAPACITY] = number + count;
written: atomic {
            end = end + size; count++;
#ifndef TAIL_BEFORE_RECORD
            size = 0;
            if
            :: count < left -> goto append
            :: true
            fi
#endif
        };

publish:                                                                                 /* S6 */
#ifndef LEDGER_AFTER_TAIL
        sentAt[OTHER(current)] = end;
        sentBefore[OTHER(current)] = sentBefore[current] + count;
#endif
        atomic {
            tail = end;
            index = 0;
            do
            :: index < count -> order[sent] = number + index; sent++; index++
            :: else -> break
            od;
            index = 0;
            assert(sent - taken <= MOST)
        };
#ifdef LEDGER_AFTER_TAIL
        sentAt[OTHER(current)] = end;
        sentBefore[OTHER(current)] = sentBefore[current] + count;
#endif
#ifdef TAIL_BEFORE_RECORD
        stamp[(end - size) % CAPACITY] = number + count - 1;
#endif
        atomic { sendLock = 0; left = left - count; number = number + count; FORGET; goto next };   /* S7 */
through: skip
    } unless { atomic { die[me]?_ -> DIE; left = 0; number = 0; knownHead = 0; knownTaken = 0; FORGET } }
}

proctype Receiver(byte me)
{
    byte knownTail, end, at, size, index, entry, other, count;
    byte got[2];
    bit current;

    {
        skip;
enter:  atomic {
            if
            :: kills > 0 -> DIE; goto through
            :: CAN_ENTER(receiveLock) -> receiveLock = me                                /* R1 */
            fi;
            end = head; current = CURRENT(takenAt, head);                                /* R2 */
            if
            :: clears > 0 -> clears--; goto clear
            :: knownTail > end -> goto take
            :: knownTail <= end
            fi
        };
        atomic {
            knownTail = tail;
            if
            :: knownTail > end -> goto take
            :: else
            fi
        };
        atomic { receiveLock = 0; FORGET };
endEmpty: atomic { tail != head -> goto enter };

take:   atomic {                                                                         /* R3 */
            size = length[end % CAPACITY]; at = end;
            if
            :: size == PADDING -> at = end + CAPACITY - end % CAPACITY
            :: else -> goto copy
            fi
        };
        size = length[0];
copy:   atomic {
            assert((size == 1 || size == 2) && at % CAPACITY + size <= CAPACITY && at + size <= knownTail);
#ifndef HEAD_BEFORE_COPY
            got[count] = stamp[at % CAPACITY];
#endif
            if
            :: size == 2
            :: else -> goto copied
            fi
        };
        assert(length[(at + 1) % CAPACITY] == NONSENSE);
#ifndef HEAD_BEFORE_COPY
        assert(stamp[(at + 1) % CAPACITY] == got[count]);
#endif
copied: atomic {
            end = at + size; count++; size = 0;
#ifndef HEAD_BEFORE_COPY
            at = 0;
            if
            :: count < 2 && end != knownTail -> goto take
            :: count == 1 -> goto leave
            :: true
            fi
#endif
        };

        takenAt[OTHER(current)] = end;                                                   /* R4 */
        takenBefore[OTHER(current)] = takenBefore[current] + count;
        atomic {
            head = end;
#ifndef HEAD_BEFORE_COPY
            TAKE_NEXT(got[0]);
            if
            :: count == 2 -> TAKE_NEXT(got[1])
            :: else
            fi
#else
            got[0] = order[taken];
            TAKE_NEXT(got[0])
#endif
        };
#ifdef HEAD_BEFORE_COPY
        assert(stamp[at % CAPACITY] == got[0]);
#endif
leave:  atomic { receiveLock = 0; FORGET; at = 0; got[0] = 0; got[1] = 0; goto enter };   /* R5 */

clear:  index = tail;                                                                    /* K */
        entry = CURRENT(sentAt, index);
        other = sentAt[entry];
        entry = sentBefore[entry];
        atomic {
            if
            :: tail != index -> entry = 0; other = 0; goto clear
            :: else
            fi;
            assert(other == index && entry == sent);
            index = 0;
#ifndef CLEAR_WHEN_EMPTY
            if
            :: other == end -> goto leave
            :: else
            fi
#endif
        };
        takenAt[OTHER(current)] = other;
        takenBefore[OTHER(current)] = entry;
        atomic {
            head = other;
            do
            :: taken < entry -> order[taken] = 0; taken++
            :: else -> break
            od;
            goto leave
        };
through: skip
    } unless { atomic { die[me]?_ -> DIE; knownTail = 0; FORGET; at = 0; got[0] = 0; got[1] = 0 } }
}

/* In every state: can move only where a count is wrong. */
active proctype Ledgers()
{
end:
    atomic {
        !(AGREE(sentAt, sentBefore, tail, sent) && AGREE(takenAt, takenBefore, head, taken)) -> assert(false)
    }
}

#define KILL(p, lock) atomic { kills > 0 && alive[p] && lock == p -> die[p]!1 }

init {
    atomic {
        alive[1] = true; alive[2] = true; alive[3] = true; alive[4] = true;
        run Sender(1, 1, FIRST); run Sender(2, 3, SECOND);
        run Receiver(3); run Receiver(4)
    };
    do
    :: KILL(1, sendLock)
    :: KILL(2, sendLock)
    :: KILL(3, receiveLock)
    :: KILL(4, receiveLock)
    :: timeout -> break
    od;
    assert(!(alive[3] || alive[4]) || (head == tail && taken == sent))
}
