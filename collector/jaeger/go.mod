module axisor.dev/jaeger

go 1.23

require github.com/jaegertracing/jaeger v1.62.0
