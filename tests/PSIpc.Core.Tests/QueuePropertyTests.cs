using CsCheck;
using PSIpc.Core.Channels;
using PSIpc.Core.Waiting;

namespace PSIpc.Core.Tests;

/// <summary>
/// Random operations on a queue and on a model of it must give the same: what there is room for, what is received, in which order and with
/// which number, what is counted, and what a closed queue does.
/// </summary>
/// <remarks>A failure prints the simplest operations that were found to fail, and the seed that leads to them again.</remarks>
public sealed class QueuePropertyTests : IDisposable
{
    private const int Capacity = 4096;
    private const int MostTogether = 7;
    private const int Seconds = 2;

    // Nothing, small, around half the ring (from where on messages go into files of their own), around the whole of it, and more.
    private static readonly Gen<int> AnySize = Gen.Frequency(
        (2, Gen.Const(0)),
        (12, Gen.Int[1, 400]),
        (6, Gen.Int[400, 2000]),
        (3, Gen.Int[2020, 2060]),
        (1, Gen.Int[4070, 4110]),
        (1, Gen.Int[5000, 9000]));

    private static readonly Gen<Operation> AnyOperation = Gen.Frequency(
        (8, AnySize.Select(size => new Operation(Kind.Send, size))),
        (4, AnySize.Array[0, 12].Select(sizes => new Operation(Kind.SendMany, sizes))),
        (8, Gen.Const(new Operation(Kind.Receive))),
        (4, Gen.Const(new Operation(Kind.ReceiveMany))),
        (2, Gen.Const(new Operation(Kind.Peek))),
        (1, Gen.Const(new Operation(Kind.Clear))));

    private readonly TestFolder _folder = new();

    private enum Kind
    {
        Send,
        SendMany,
        Receive,
        ReceiveMany,
        Peek,
        Clear,
        Close,
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void An_open_queue_does_what_its_model_does(int maxCount) =>
        AnyOperation.Array[1, 80].Sample(operations => Compare(operations, maxCount), time: Seconds, threads: 1);

    [Fact]
    public void A_queue_that_is_closed_on_the_way_does_what_its_model_does() =>
        Gen.Select(AnyOperation.Array[0, 20], AnyOperation.Array[1, 20]).Sample(
            (before, after) => Compare([.. before, new Operation(Kind.Close), .. after], maxCount: 0), time: Seconds, threads: 1);

    private void Compare(Operation[] operations, int maxCount)
    {
        using (SharedQueue queue = SharedQueue.Create(capacity: Capacity, maxCount: maxCount, directory: _folder.Directory))
        {
            var model = new QueueModel(Capacity, maxCount);
            var both = new Both(queue, model);
            Array.ForEach(operations, both.Do);
            Assert.Equal(1 + model.BlockCount, _folder.Files.Length);
        }

        Assert.Empty(_folder.Files);
    }

    private readonly record struct Operation(Kind Kind, params int[] Sizes)
    {
        public override string ToString() => $"{Kind}({string.Join(", ", Sizes)})";
    }

    /// <summary>Does each operation to the queue and to its model, and compares what can be seen of them.</summary>
    private sealed class Both(SharedQueue queue, QueueModel model)
    {
        private readonly ReceivedMessage _message = new();
        private readonly ReceivedBatch _batch = new(MostTogether);
        private int _number;

        public void Do(Operation operation)
        {
            byte[][] bodies = [.. operation.Sizes.Select(MakeBody)];
            var stamp = new MessageStamp((byte)_number, _number);
            switch (operation.Kind)
            {
                case Kind.Send:
                    Assert.Equal(model.Send(bodies[0], stamp), OrNull(() => queue.Send(bodies[0], stamp, Deadline.Now)));
                    break;
                case Kind.SendMany:
                    byte[] together = [.. bodies.SelectMany(body => body)];
                    Assert.Equal(model.SendMany(bodies, stamp), OrNull(() => queue.SendMany(together, operation.Sizes, stamp, Deadline.Now)));
                    break;
                case Kind.Receive:
                    Receive(() => queue.Receive(_message, Deadline.Now), taken: 1);
                    break;
                case Kind.Peek:
                    Receive(() => queue.Peek(_message, Deadline.Now), taken: 0);
                    break;
                case Kind.ReceiveMany:
                    ReceiveMany();
                    break;
                case Kind.Clear:
                    Assert.Equal(model.Count, queue.Clear());
                    model.Take(model.Count);
                    break;
                default:
                    queue.Close();
                    model.IsClosed = true;
                    break;
            }

            Assert.Equal((model.Count, model.Bytes, model.IsClosed), (queue.Count, queue.Bytes, queue.IsClosed));
        }

        private static T? OrNull<T>(Func<T> operation)
            where T : struct
        {
            try
            {
                return operation();
            }
            catch (IpcException e) when (e.Kind == IpcErrorKind.Closed)
            {
                return null;
            }
        }

        /// <summary>Bytes that are those of no other message.</summary>
        private byte[] MakeBody(int size)
        {
            byte[] body = new byte[size];
            new Random(++_number).NextBytes(body);
            return body;
        }

        private void Receive(Func<bool> receive, int taken)
        {
            bool? received = OrNull(receive);
            Assert.Equal(model.CanReceive(), received);
            if (received == true)
            {
                AssertIs(model[0], model.Gone + 1, _message.Body, _message.Stamp, _message.SenderId, _message.Sequence);
                model.Take(taken);
            }
        }

        private void ReceiveMany()
        {
            bool? received = OrNull(() => queue.ReceiveMany(_batch, Deadline.Now));
            Assert.Equal(model.CanReceive(), received);

            // A receiver takes what it knew of before it looks for more, so not all that is there need come at once.
            Assert.InRange(_batch.Count, received == true ? 1 : 0, received == true ? model.CountTogether(MostTogether) : 0);
            for (int i = 0; i < _batch.Count; i++)
            {
                AssertIs(model[i], model.Gone + 1 + i, _batch.Body(i), _batch.Stamp(i), _batch.SenderId(i), _batch.Sequence(i));
            }

            model.Take(_batch.Count);
        }

        private static void AssertIs(
            QueueModel.Message expected, long expectedSequence, ReadOnlyMemory<byte> body, MessageStamp stamp, int senderId, long sequence)
        {
            Assert.True(expected.Body.AsSpan().SequenceEqual(body.Span), "another message, or not the whole of it");
            Assert.Equal((expected.Stamp, Environment.ProcessId, expectedSequence), (stamp, senderId, sequence));
        }
    }
}
