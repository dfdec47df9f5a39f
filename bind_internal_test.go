package apiroute

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// These tests make their types with reflect, which Bind, being generic, cannot take.

// bindReflect binds a struct of a type and returns it and the response of a handler that did so.
func bindReflect(typ reflect.Type, r *http.Request) (reflect.Value, *httptest.ResponseRecorder) {
	v := reflect.New(typ).Elem()
	w := httptest.NewRecorder()
	Handler(func(req *Request, _ *Response) error { return planOf(typ).bind(req, v) }).ServeHTTP(w, r)
	return v, w
}

// A type may have more fields than there are bits in a word.
func TestBindManyFields(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 8, 9, 31, 32, 33, 60, 64, 65, 200} {
		for _, source := range []string{"query", "form"} {
			t.Run(fmt.Sprintf("%d of a %s", n, source), func(t *testing.T) {
				t.Parallel()
				typ, values := manyFields(n, source)
				request := httptest.NewRequest("POST", "/x?"+values.Encode(), nil)
				if source == "form" {
					typ = reflect.StructOf([]reflect.StructField{{Name: "Body", Type: typ, Tag: `body:"form"`}})
					request = httptest.NewRequest("POST", "/x", strings.NewReader(values.Encode()))
					request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				v, w := bindReflect(typ, request)
				if w.Code != 204 {
					t.Errorf("%d %.200s", w.Code, w.Body)
				}
				if source == "form" {
					v = v.Field(0)
				}
				for i := range n {
					if got := v.Field(i).Int(); got != int64(i+1) {
						t.Errorf("field %d is %d, want %d", i, got, i+1)
					}
				}
				_, w = bindReflect(typ, httptest.NewRequest("POST", "/x", nil))
				if got := strings.Count(w.Body.String(), `"detail":"is required"`); got != n {
					t.Errorf("with none sent there are %d errors, want %d", got, n)
				}
			})
		}
	}
}

// manyFields returns a struct type with n required fields from a source, and values for them: 1 for
// the first field, 2 for the second, and so on.
func manyFields(n int, source string) (reflect.Type, url.Values) {
	var fields []reflect.StructField
	values := url.Values{}
	for i := range n {
		name := fmt.Sprintf("q%d", i)
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeFor[int](),
			Tag: reflect.StructTag(fmt.Sprintf(`%s:"%s,required"`, source, name))})
		values.Set(name, strconv.Itoa(i+1))
	}
	return reflect.StructOf(fields), values
}

// Many goroutines may come upon the same new type at the same moment; it has one plan nevertheless.
func TestPlanConcurrent(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for k := range 20 {
				tag := reflect.StructTag(fmt.Sprintf(`query:"page" default:"%d" nr:"%d"`, k, k))
				typ := reflect.StructOf([]reflect.StructField{{Name: "F", Type: reflect.TypeFor[int](), Tag: tag}})
				if p := planOf(typ); planOf(typ) != p {
					t.Errorf("type %d has two plans", k)
				}
				v, w := bindReflect(typ, httptest.NewRequest("GET", "/x", nil))
				if w.Code != 204 || v.Field(0).Int() != int64(k) {
					t.Errorf("type %d: got %v, %d %s", k, v, w.Code, w.Body)
				}
			}
		}()
	}
	wg.Wait()
}
