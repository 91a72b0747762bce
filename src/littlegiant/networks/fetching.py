"""Asking for memory before it is needed: cascades jump about in arrays larger than the cache, and would wait at each jump."""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic


def _fetch(typing_context: Any, array: Any, place: Any) -> Any:
    """Begin to load the line of the cache with entry `place` (of the first axis) of `array`; changes nothing."""
    signature = types.void(array, place)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, place_type = signature.args
        tools: Any = cgutils
        view = context.make_array(array_type)(context, builder, arguments[0])
        index = context.cast(builder, arguments[1], place_type, types.intp)
        stride = tools.unpack_tuple(builder, view.strides, array_type.ndim)[0]
        byte = ir.IntType(8).as_pointer()
        at = builder.gep(builder.bitcast(view.data, byte), [builder.mul(index, stride)], source_etype=ir.IntType(8))
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        builder.call(tools.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0"), [at, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return signature, generate


fetch = cast(Callable[[Any, Any], None], intrinsic(_fetch))
