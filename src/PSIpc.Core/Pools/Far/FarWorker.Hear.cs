using System.Buffers.Binary;
using System.Runtime.InteropServices;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Pools.Far;

/// <summary>What the far worker says: results and its end, passed on to the pool.</summary>
internal sealed partial class FarWorker
{
    /// <summary>Passes on what the worker says.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031", Justification = "On a thread of its own: whatever it is ends this worker, and the pool goes on.")]
    private void Hear(WorkerLink link, PoolSegment pool)
    {
        try
        {
            while (_death is null)
            {
                if (_line!.Receive(out FarKind kind, out ReadOnlyMemory<byte> payload, Deadline.Now, default)
                    || Wait(pool, out kind, out payload))
                {
                    Take(link, kind, payload);
                }
            }
        }
        catch (Exception e)
        {
            End(Gone(e.Message));
        }
        finally
        {
            pool.Ring();
        }
    }

    private bool Wait(PoolSegment pool, out FarKind kind, out ReadOnlyMemory<byte> payload)
    {
        pool.Ring();
        return _line!.Receive(out kind, out payload, Deadline.After(_settings.PingInterval), default);
    }

    private void Take(WorkerLink link, FarKind kind, ReadOnlyMemory<byte> payload)
    {
        switch (kind)
        {
            case FarKind.Messages:
                foreach (ReadOnlyMemory<byte> message in FarFrame.MessagesIn(payload))
                {
                    if ((PoolReply)PoolMessage.Read<byte>(message.Span) == PoolReply.Result)
                    {
                        TakeResult(link, message.ToArray());
                    }
                    else
                    {
                        Reply(link, message.Span);
                    }
                }

                break;
            case FarKind.Leaving:
                Span<byte> head = stackalloc byte[PoolMessage.ShortHeaderSize];
                PoolMessage.WriteShort(head, (byte)PoolReply.Leaving, 0);
                Reply(link, head);
                break;
            case FarKind.TakenBack when payload.Length >= sizeof(ulong):
                EndUnbegun(link, BinaryPrimitives.ReadUInt64LittleEndian(payload.Span));
                break;
            case FarKind.Ping when payload.Length >= sizeof(long):
                link.Memory = BinaryPrimitives.ReadInt64LittleEndian(payload.Span);
                break;
            case FarKind.Exit:
                _isExitHeard = true;
                var end = FarEnd.Read(payload.Span);
                lock (_lock)
                {
                    link.Claim.Rewind(end.Begun);
                    if (end.Noted is { } code)
                    {
                        link.NoteExit(code);
                    }
                }

                End(end.Death with { What = _isExitAsked ? end.Death.What : Messages.EndedOnMachine.With(end.Death.What, _machine) });
                break;
        }
    }

    /// <summary>An item that was noted as begun, and was taken back before it was, has ended without having run. Only items of calls that are over are taken back.</summary>
    private void EndUnbegun(WorkerLink link, ulong begun)
    {
        byte[] message = new byte[ResultHeader.Size];
        lock (_lock)
        {
            if (_current <= begun)
            {
                return;
            }

            var header = new ResultHeader { Reply = PoolReply.Result, Flags = ResultFlags.Done | ResultFlags.Stopped, Call = _currentCall, Ordinal = _current, StartedAt = link.StartedAt };
            MemoryMarshal.Write(message, in header);
        }

        TakeResult(link, message);
    }

    private void TakeResult(WorkerLink link, byte[] message)
    {
        ResultHeader header = PoolMessage.Read<ResultHeader>(message);
        lock (_lock)
        {
            if (header.Ordinal != _current)
            {
                return; // It was taken back: nobody waits for it.
            }

            header.StartedAt = link.StartedAt; // The other machine's clock means nothing here.
        }

        MemoryMarshal.Write(message, in header);
        Reply(link, message);
        if ((header.Flags & ResultFlags.Done) != 0)
        {
            lock (_lock)
            {
                ClaimNext(link);
            }
        }
    }

    private void Reply(WorkerLink link, ReadOnlySpan<byte> message)
    {
        while (!link.Reply(message, Deadline.After(_settings.PingInterval)) && _death is null)
        {
            TrySay(FarKind.Ping); // The pool's reader is slow: that is no reason to seem gone, nor to take the worker to be.
            _line!.NoteBusy();
        }
    }
}
