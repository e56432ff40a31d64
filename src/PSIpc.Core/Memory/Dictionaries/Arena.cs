using PSIpc.Core.Channels;

namespace PSIpc.Core.Memory;

public sealed unsafe partial class SharedDictionaryStore
{
    /// <summary>The blocks of a dictionary, its hash table and its free blocks. Whoever calls holds the store's lock.</summary>
    /// <remarks>
    /// A block: size (8), state (4), format (1), then of an entry hash (8), version (8), next in its bucket (8), length of the key (4), length of the value (4), key, value; of a free one
    /// the next and the one before of its size class; of the table the buckets. No place or size read from memory is used without a look whether it is within the arena.
    /// </remarks>
    private sealed partial class Arena(byte* body, Mapping? mapping, long mapped, string name)
    {
        public const int StoreLockOffset = SynchronizationSize;

        private const int SynchronizationSize = 256;
        private const int DirtyOffset = SynchronizationSize + 64;
        private const int CapacityOffset = DirtyOffset + 8;
        private const int TopOffset = DirtyOffset + 16;
        public const int CountOffset = DirtyOffset + 24;
        private const int VersionOffset = DirtyOffset + 32;
        private const int TableOffset = DirtyOffset + 40;
        private const int FirstOffset = DirtyOffset + 48;
        private const int FreeOffset = 1024;
        private const int DefaultFormatOffset = 512;
        private const int FreeClasses = 256;

        private const uint IsFree = 1;
        private const uint IsEntry = 2;
        private const uint IsTable = 3;
        private const uint IsPending = 4;

        private const int StateAt = 8;
        private const int FormatAt = 12;
        private const int HashAt = 16;
        private const int EntryVersionAt = 24;
        private const int NextAt = 32;
        private const int KeyLengthAt = 40;
        private const int ValueLengthAt = 44;
        private const int KeyAt = 48;
        private const int BeforeAt = 40;
        private const int BucketsAt = 16;
        private const int Granule = 16;
        private const int SmallestBlock = 64;
        private const int FirstBuckets = 256;
        private const int LongestSearch = 16;

        /// <summary>Gives the memory back that is mapped besides the segment's: zeros take its place.</summary>
        public void Retire() => mapping?.Retire();

        /// <summary>How far it is mapped here.</summary>
        public long Mapped => mapped;

        /// <summary>Whether a process died while the table or the free blocks changed.</summary>
        public bool IsDirty => Volatile.Read(ref *(uint*)(body + DirtyOffset)) != 0;

        /// <summary>Bytes that the file has for it.</summary>
        public long Capacity
        {
            get => Volatile.Read(ref *(long*)(body + CapacityOffset));
            set => Volatile.Write(ref *(long*)(body + CapacityOffset), value);
        }

        /// <summary>How values are written where nobody says otherwise.</summary>
        public MessageFormat DefaultFormat => MessageFormat.Read(body[DefaultFormatOffset], body + DefaultFormatOffset + 1);

        /// <summary>Entries.</summary>
        public long Count => *Word(CountOffset);

        public static void Initialize(byte* body, long first, long capacity, MessageFormat format)
        {
            body[DefaultFormatOffset] = format.Number;
            format.WriteName(body + DefaultFormatOffset + 1);
            *(long*)(body + CapacityOffset) = capacity;
            *(long*)(body + TopOffset) = first;
            *(long*)(body + FirstOffset) = first;
            *(long*)(body + VersionOffset) = 1;
        }

        public DictionaryEntryBytes? Get(ReadOnlySpan<byte> key)
        {
            long entry = Find(key);
            GC.KeepAlive(mapping);
            return entry == 0 ? null : new DictionaryEntryBytes(body[entry + FormatAt], ValueOf(entry).ToArray(), *Word(entry + EntryVersionAt));
        }

        public long Find(ReadOnlySpan<byte> key) => Find(key, Hash(key), out _);

        public bool Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, byte format, long? expected)
        {
            ulong hash = Hash(key);
            long old = Find(key, hash, out _);
            if (expected is { } version && version != (old == 0 ? 0 : *Word(old + EntryVersionAt)))
            {
                return false;
            }

            Begin();
            try
            {
                if (*Word(TableOffset) == 0 || Count >= Buckets())
                {
                    MakeTable();
                }

                long made = Allocate(KeyAt + key.Length + (long)value.Length);
                long next = *Word(VersionOffset);
                *Word(VersionOffset) = next + 1;
                *(ulong*)(body + made + HashAt) = hash;
                *Word(made + EntryVersionAt) = next;
                *(int*)(body + made + KeyLengthAt) = key.Length;
                *(int*)(body + made + ValueLengthAt) = value.Length;
                body[made + FormatAt] = format;
                key.CopyTo(new Span<byte>(body + made + KeyAt, key.Length));
                value.CopyTo(new Span<byte>(body + made + KeyAt + key.Length, value.Length));

                // From this store on the new value counts.
                Volatile.Write(ref *(uint*)(body + made + StateAt), IsEntry);
                long* bucket = Bucket(hash);
                *Word(made + NextAt) = *bucket;
                *bucket = made;
                if (old == 0)
                {
                    *Word(CountOffset) = Count + 1;
                }
                else
                {
                    Unlink(old, hash);
                    Free(old);
                }
            }
            catch (FullException)
            {
                End();
                throw;
            }

            End();
            return true;
        }

        public bool Delete(ReadOnlySpan<byte> key)
        {
            ulong hash = Hash(key);
            long entry = Find(key, hash, out _);
            if (entry == 0)
            {
                return false;
            }

            Begin();
            Volatile.Write(ref *(uint*)(body + entry + StateAt), IsPending); // from here on it is gone
            Unlink(entry, hash);
            Free(entry);
            *Word(CountOffset) = Count - 1;
            End();
            return true;
        }

        public List<byte[]> Keys()
        {
            var keys = new List<byte[]>();
            for (long at = HeaderSize; at < Top(); at += SizeOf(at))
            {
                if (StateOf(at) == IsEntry)
                {
                    keys.Add(KeyOf(at).ToArray());
                }
            }

            GC.KeepAlive(mapping);
            return keys;
        }

        /// <summary>Joins neighbours that are free; how many bytes are free then.</summary>
        public long Join()
        {
            Begin();
            return Rebuild();
        }

        /// <summary>Makes the table and the lists of free blocks anew from the blocks, when a process died while they changed; how many bytes are free then, at least.</summary>
        public long Rebuild()
        {
            long free = 0;
            new Span<byte>(body + FreeOffset, FreeClasses * 8).Clear();
            long table = 0;
            for (long at = HeaderSize; at < Top(); at += SizeOf(at))
            {
                if (StateOf(at) == IsTable && (table == 0 || SizeOf(at) > SizeOf(table)))
                {
                    table = at;
                }
            }

            *Word(CountOffset) = 0;
            *Word(TableOffset) = table;
            if (table != 0)
            {
                ClearBuckets(table, Buckets());
            }

            for (long at = HeaderSize; at < Top(); at += SizeOf(at))
            {
                if (StateOf(at) == IsEntry && table != 0)
                {
                    Restore(at);
                }
                else if (at != table)
                {
                    JoinWithNext(at, table);
                    AddFree(at);
                    free += SizeOf(at);
                }
            }

            End();
            return free;
        }

        private static ulong Hash(ReadOnlySpan<byte> key)
        {
            // FNV-1a, 64 bits (Fowler, Noll, Vo), with its halves folded, since the low bits choose the bucket.
            ulong hash = 14695981039346656037;
            foreach (byte one in key)
            {
                hash = (hash ^ one) * 1099511628211;
            }

            return hash ^ (hash >> 32);
        }

        /// <summary>Makes a block and all after it that are neither entries nor the table one block. Each step is one store, of a block that is neither by then.</summary>
        private void JoinWithNext(long block, long table)
        {
            Volatile.Write(ref *(uint*)(body + block + StateAt), IsPending);
            for (long next = block + SizeOf(block); next < Top() && next != table && StateOf(next) != IsEntry; next = block + SizeOf(block))
            {
                Volatile.Write(ref *Word(block), SizeOf(block) + SizeOf(next));
            }
        }

        /// <summary>Links an entry that was found; of two with one key the newer one stays.</summary>
        private void Restore(long entry)
        {
            ulong hash = *(ulong*)(body + entry + HashAt);
            long other = Find(KeyOf(entry), hash, out _);
            if (other != 0)
            {
                long older = *Word(other + EntryVersionAt) < *Word(entry + EntryVersionAt) ? other : entry;
                if (older == entry)
                {
                    AddFree(entry);
                    return;
                }

                Unlink(other, hash);
                AddFree(other);
                *Word(CountOffset) = Count - 1;
            }

            long* bucket = Bucket(hash);
            *Word(entry + NextAt) = *bucket;
            *bucket = entry;
            *Word(CountOffset) = Count + 1;
        }

        private long Find(ReadOnlySpan<byte> key, ulong hash, out long before)
        {
            before = 0;
            if (*Word(TableOffset) == 0)
            {
                return 0;
            }

            long steps = 0;
            for (long at = Volatile.Read(ref *Bucket(hash)); at != 0; at = Read(at + NextAt))
            {
                CheckEntry(at, ref steps);
                if (*(ulong*)(body + at + HashAt) == hash && KeyOf(at).SequenceEqual(key))
                {
                    return at;
                }

                before = at;
            }

            return 0;
        }

        private void Unlink(long entry, ulong hash)
        {
            long steps = 0;
            long* link = Bucket(hash);
            long next;
            while ((next = Volatile.Read(ref *link)) != 0 && next != entry)
            {
                CheckEntry(next, ref steps);
                link = Word(next + NextAt);
            }

            if (next == entry)
            {
                *link = *Word(entry + NextAt);
            }
        }

        private void MakeTable()
        {
            long old = *Word(TableOffset);
            long buckets = old == 0 ? FirstBuckets : Buckets() * 2;
            long table = Allocate(BucketsAt + (buckets * 8));
            ClearBuckets(table, buckets);
            Volatile.Write(ref *(uint*)(body + table + StateAt), IsTable);
            *Word(TableOffset) = table;
            for (long at = HeaderSize; at < Top(); at += SizeOf(at))
            {
                if (StateOf(at) == IsEntry)
                {
                    long* bucket = Bucket(*(ulong*)(body + at + HashAt));
                    *Word(at + NextAt) = *bucket;
                    *bucket = at;
                }
            }

            if (old != 0)
            {
                Free(old);
            }
        }

        private void ClearBuckets(long table, long buckets)
        {
            const int Most = 1 << 30;
            for (long done = 0; done < buckets * 8; done += Most)
            {
                new Span<byte>(body + table + BucketsAt + done, (int)Math.Min((buckets * 8) - done, Most)).Clear();
            }
        }

        private void Begin() => Interlocked.Exchange(ref *(uint*)(body + DirtyOffset), 1);

        private void End()
        {
            Volatile.Write(ref *(uint*)(body + DirtyOffset), 0);
            GC.KeepAlive(mapping);
        }

        /// <summary>There is no room; all is as before.</summary>
        public sealed class FullException(long needed) : Exception
        {
            public long Needed => needed;
        }
    }
}
