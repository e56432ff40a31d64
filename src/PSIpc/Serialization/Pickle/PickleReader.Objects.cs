using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What other unpicklers import, call and build.</summary>
internal sealed partial class PickleReader
{
    private bool TryObject(byte opcode, ref PickleInput input)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                string module = input.Text();
                PushGlobal(module, input.Text());
                return true;
            case PickleOpcode.StackGlobal:
                string name = TextOf(_stack.Pop(out _));
                PushGlobal(TextOf(_stack.Pop(out _)), name);
                return true;
            case PickleOpcode.Reduce:
                PythonTuple arguments = PopArguments(out int node);
                Make(GlobalOf(_stack.Pop(out _)), arguments, node);
                return true;
            case PickleOpcode.NewObj:
                PythonTuple parts = PopArguments(out int partsNode);
                MakeNew(GlobalOf(_stack.Pop(out _)), parts, partsNode);
                return true;
            case PickleOpcode.NewObjEx:
                MakeWithKeywords();
                return true;
            case PickleOpcode.Inst:
                string instanceModule = input.Text();
                PythonGlobal instance = PythonGlobal.Find(instanceModule, input.Text(), _allowUnknown);
                MakeTuple(_stack.TakeMark());
                Make(instance, PopArguments(out int instanceNode), instanceNode);
                return true;
            case PickleOpcode.Obj:
                MakeTuple(_stack.TakeMark() - 1);
                PythonTuple rest = PopArguments(out int restNode);
                Make(GlobalOf(_stack.Pop(out _)), rest, restNode);
                return true;
            case PickleOpcode.Build:
                Build();
                return true;
            case PickleOpcode.PersId or PickleOpcode.BinPersId:
                throw new FormatException(Messages.ReasonPicklePersistentId);
            case PickleOpcode.NextBuffer or PickleOpcode.ReadOnlyBuffer:
                throw new FormatException(Messages.ReasonPickleOutOfBand);
            case PickleOpcode.Ext1:
                throw PickleErrors.NotAllowed(Messages.PickleExtensionCode.With(input.Byte()));
            case PickleOpcode.Ext2:
                throw PickleErrors.NotAllowed(Messages.PickleExtensionCode.With(input.UInt16()));
            case PickleOpcode.Ext4:
                throw PickleErrors.NotAllowed(Messages.PickleExtensionCode.With(input.UInt32()));
            default:
                return false;
        }
    }

    private static string TextOf(object? value) => value as string ?? throw new FormatException(Messages.ReasonPickleNameNoText);

    private static PythonGlobal GlobalOf(object? value) => value as PythonGlobal ?? throw new FormatException(Messages.ReasonPickleCalls.With(NameOf(value)));

    private PythonTuple PopArguments(out int node) =>
        _stack.Pop(out node) as PythonTuple ?? throw new FormatException(Messages.ReasonPickleArgumentsNoTuple);

    private void PushGlobal(string module, string name) => _stack.Push(PythonGlobal.Find(module, name, _allowUnknown), PickleStack.Internal);

    /// <summary>Makes what a name on the list stands for, and puts it on top.</summary>
    private void Make(PythonGlobal global, PythonTuple arguments, int node)
    {
        switch (global.Kind)
        {
            case PythonKind.Unknown:
                PushUnknown(global, arguments, node);
                break;
            case PythonKind.Reconstructor:
                Reconstruct(arguments);
                break;
            case PythonKind.NewObject when arguments.Count > 0:
                MakeNew(GlobalOf(arguments[0]), TupleOf(arguments.Items[1..]), node);
                break;
            case PythonKind.NumPyReconstruct when arguments.Count > 0 && arguments[0] is PythonGlobal { Kind: PythonKind.NumPyArray }:
                _stack.Push(new UnfinishedArray(), PickleStack.Internal);
                break;
            case PythonKind.NumPyDType:
                _stack.Push(NumPyDType.Create(arguments), PickleStack.Internal);
                break;
            case PythonKind.Set or PythonKind.FrozenSet or PythonKind.OrderedDict:
                RequireValues(node);
                _stack.PushContainer(PythonConstructors.Make(this, global, arguments)!, _stack.HeightAt(node));
                break;
            default:
                _stack.Push(PythonConstructors.Make(this, global, arguments));
                break;
        }
    }

    private void MakeNew(PythonGlobal global, PythonTuple arguments, int node)
    {
        if (global.Kind == PythonKind.Uuid)
        {
            _stack.Push(new UnfinishedUuid(), PickleStack.Internal);
        }
        else
        {
            Make(global, arguments, node);
        }
    }

    /// <summary>An object of protocols 0 and 1: its class, the built-in class below that, and the value of that.</summary>
    private void Reconstruct(PythonTuple arguments)
    {
        if (arguments.Count != 3 || arguments[0] is not PythonGlobal global)
        {
            throw new FormatException(Messages.ReasonPickleReconstructor);
        }

        bool isTuple = arguments[2] is PythonTuple && global.Kind == PythonKind.Unknown;
        MakeNew(global, isTuple ? (PythonTuple)arguments[2]! : PythonTuple.Empty, PickleStack.Leaf);
    }

    private void MakeWithKeywords()
    {
        object? keywords = _stack.Pop(out int keywordsNode);
        PythonTuple arguments = PopArguments(out int node);
        PythonGlobal global = GlobalOf(_stack.Pop(out _));
        if (global.Kind != PythonKind.Unknown)
        {
            throw PickleErrors.NotAllowed(global.FullName, Messages.PickleWithNamedArguments);
        }

        PushUnknown(global, arguments, node);
        _stack.Push(keywords, keywordsNode);
        Build();
    }

    private void PushUnknown(PythonGlobal global, PythonTuple arguments, int node)
    {
        RequireValues(node);
        Charge(arguments.Count);
        _stack.PushContainer(UnknownObject.Create(global, arguments.Items), _stack.HeightAt(node));
    }

    private static void RequireValues(int node)
    {
        if (node == PickleStack.Internal)
        {
            throw new FormatException(Messages.ReasonPickleObjectOfClass);
        }
    }

    /// <summary>Fills an object that was made empty.</summary>
    private void Build()
    {
        object? target = _stack.TopMost(2)[0];
        if (target is PSObject)
        {
            _stack.Contain(1);
        }

        object? state = _stack.Pop(out _);
        switch (target)
        {
            case UnfinishedUuid uuid:
                Finish(uuid, PythonConstructors.Uuid(state));
                break;
            case UnfinishedArray array:
                Finish(array, NumPyArrays.FromState(this, state));
                break;
            case NumPyDType dtype:
                dtype.SetState(state);
                break;
            case PSObject unknown:
                UnknownObject.Build(unknown, state, this);
                break;
            default:
                throw new FormatException(Messages.ReasonPickleSetsState.With(NameOf(target)));
        }
    }

    private void Finish(UnfinishedObject unfinished, object? value)
    {
        unfinished.Finish(_memo, value, PickleStack.Leaf);
        _stack.Replace(value, PickleStack.Leaf);
    }
}
